"""Filter patterns of terms, as https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html has them."""


def matches(pattern: str, message: str) -> bool:
    """Whether a message has all terms of the pattern. One of fields (`{ … }` or `[ … ]`) is not evaluated: it lets nothing pass."""
    if pattern.strip().startswith(("{", "[")):
        return False
    return all(term.strip('"') in message for term in pattern.split())
