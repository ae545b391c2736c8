"""What can go wrong while judging. Tree: JudgementError > RuleBookError, ModelError, TrainingDataError."""


class JudgementError(Exception):
    """Base of all errors of this package. The message is one or two plain sentences with a remedy."""


class RuleBookError(JudgementError):
    """A rule-book file is broken. `problems` holds one sentence with file and line per finding."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"The rule book has {len(problems)} problem(s); first: {problems[0]}")
        self.problems = problems


class ModelError(JudgementError):
    """A model folder is missing, damaged, or made for another normaliser."""


class TrainingDataError(JudgementError):
    """A labelled file breaks the definitions of the label sheet; names file and line."""
