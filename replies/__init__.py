"""The phrase library: what the assistant may say, with which facts, to whom and how often.

Standard library only. This package knows neither the classifiers nor the application; what it needs of them
is handed in (see `replies.lint.lint`).
"""
