"""`python -m bot` is `changkong`."""

from bot.cli import main

if __name__ == "__main__":
    main()
