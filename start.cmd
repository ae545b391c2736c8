@echo off
rem Windows 10+: the same as `make run`. Needs Python 3.11 or newer from python.org or the Microsoft Store.
setlocal
cd /d "%~dp0"
set PYTHONUTF8=1
set PY=
for %%v in (3.13 3.12 3.11) do if not defined PY ( py -%%v -c "" >nul 2>&1 && set PY=py -%%v )
if not defined PY ( python -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>&1 && set PY=python )
if not defined PY (
  echo Changkong needs Python 3.11 or newer; get it from https://www.python.org/downloads/ and start again. 1>&2
  exit /b 1
)
if not exist .venv\Scripts\python.exe ( %PY% -m venv .venv || exit /b 1 )
fc /b requirements.lock .venv\installed.lock >nul 2>&1
if errorlevel 1 (
  .venv\Scripts\python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock || exit /b 1
  .venv\Scripts\python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e . || exit /b 1
  copy /y requirements.lock .venv\installed.lock >nul
)
.venv\Scripts\python -m bot demo %*
