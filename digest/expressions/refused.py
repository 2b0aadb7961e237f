"""The refusal of an expression that is not proved to be linear."""


class Refused(ValueError):  # noqa: N818  # named after the decision, not after an error
    """An expression that might take more than linear time in the text."""
