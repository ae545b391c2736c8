"""Every error of the application, as one tree.

    ChangkongError            .exit_code 1: the thing asked for failed
      InputError              .exit_code 2: the call or its input was wrong
        SettingsError         a setting is missing or wrong; names the key
        RecordingError        a recording is broken; names file and line
      RoomError               a room cannot be attached
        AuthRefused           the platform refused our credentials; a new token or the operator is needed
        PlatformBusy          try again after `retry_after` seconds
      StoreError              the database cannot be used
        StoreTooNew           made by a newer version; never touched
        StoreFull             the disk is full; nothing was half-written
        DrawMoved             another process has advanced the draw; read it again
      RecordBroken            the audit record does not verify; names chain and sequence number
      NotAllowed              the person may not do this, or the state forbids it
      Conflict                somebody else was first; `holder` says who, when known

Messages are one or two plain sentences: what was wrong, where, what to do. The command line prints them and
nothing else.
"""

from __future__ import annotations


class ChangkongError(Exception):
    """Base. `exit_code` is what the command line returns."""

    exit_code = 1


class InputError(ChangkongError):
    """The call or its input was wrong."""

    exit_code = 2


class SettingsError(InputError):
    """A setting is missing or wrong; the message names the key."""


class RecordingError(InputError):
    """A recording cannot be read. `line` counts from 1; None when the whole file is meant."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class RoomError(ChangkongError):
    """A room cannot be attached or has refused a call."""


class AuthRefused(RoomError):
    """Credentials or token refused. `retry` is True when a fresh token may help."""

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.retry = retry


class PlatformBusy(RoomError):
    """The platform asks us to wait `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreError(ChangkongError):
    """The database cannot be used."""


class StoreTooNew(StoreError):
    """The database was made by a newer version of Changkong."""


class StoreFull(StoreError):
    """The disk is full; the open batch was rolled back and nothing was half-written."""


class DrawMoved(StoreError):
    """Another process has advanced the draw since it was read. Nothing was changed; read it again and go on."""


class RecordBroken(ChangkongError):
    """The audit record does not verify."""

    def __init__(self, message: str, *, chain: str, seq: int | None) -> None:
        super().__init__(message)
        self.chain = chain
        self.seq = seq


class NotAllowed(ChangkongError):
    """The person may not do this, or the state of the thing forbids it."""


class Conflict(ChangkongError):
    """Somebody else was first. `holder` names them when known."""

    def __init__(self, message: str, *, holder: str | None = None) -> None:
        super().__init__(message)
        self.holder = holder
