# SPDX-License-Identifier: MIT
"""settings.py - what a benchmark is told by its environment or its command line:
refused with words before anything is started, if it makes no sense."""

MOST = 1e7


def positive(environment, name, usual, least=0):
    """A number, as whole as the usual one, above 0 and no less than `least`;
    ValueError if it is something else."""
    word = environment.get(name) or str(usual)
    is_whole = isinstance(usual, int)
    try:
        value = int(word) if is_whole else float(word)
    except ValueError:
        value = 0
    if 0 < value <= MOST and value >= least:
        return value
    wanted = f"of {least} or more" if least else "above 0"
    raise ValueError(f"{name}={word} is not a {'whole ' * is_whole}number {wanted}")


def argument(usual, is_none_allowed=False):
    """The same, for argparse: a type; 0 may be allowed."""

    def number(word):
        if is_none_allowed and word == "0":
            return 0
        return positive({"it": word}, "it", usual)

    # argparse says: invalid … value
    number.__name__ = f"{'' if is_none_allowed else 'positive '}{'whole ' * isinstance(usual, int)}number"
    return number


def chosen(environment, name, known, separator=","):
    """Names of a list; all that are known if it says nothing."""
    words = [word for word in environment.get(name, "").split(separator) if word]
    for word in words:
        if word not in known:
            raise ValueError(f"{name}: {word} is none of: " + separator.join(known))
    return words or list(known)
