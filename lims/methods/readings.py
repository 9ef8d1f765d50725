"""Readings in the entry of an input: one series, or several groups, or the means and deviations of groups."""

from __future__ import annotations

from lims.errors import Invalid
from lims.methods.entry import Entry, at, number
from lims.metrology.anova import Anova, Group, analysis_of_variance, group_of
from lims.metrology.sentence import Sentence


def read_readings(entry: Entry) -> tuple[tuple[float, ...], tuple[Group, ...]]:
    """Give the readings of one series, or those of several groups.

    Raises
    ------
    Invalid
        An empty list, readings with and without groups, or groups that are none; the key is named.
    """
    given = entry.list("readings")
    if entry.has("readings") and not given:
        raise Invalid("%(key)s: there are no readings in the list.", key=entry.at("readings"))
    if entry.has("groups"):
        if given:
            raise Invalid("%(key)s: state either readings or groups.", key=entry.path)
        return (), _stated_groups(Entry(entry.raw("groups"), entry.at("groups")))
    if not any(isinstance(reading, list | tuple) for reading in given):
        return entry.numbers("readings"), ()
    groups = []
    for place, item in enumerate(given):
        path = f"{entry.at('readings')}[{place}]"
        if not isinstance(item, list | tuple):
            raise Invalid("%(key)s: either all readings stand in groups, or none.", key=path)
        with at(path):
            groups.append(group_of([number(one, f"{path}[{i}]") for i, one in enumerate(item)]))
    return (), _enough(groups, entry.at("readings"))


def _stated_groups(entry: Entry) -> tuple[Group, ...]:
    """Groups by their means, standard deviations and sizes."""
    means, sds = entry.numbers("means"), entry.numbers("sds")
    sizes = entry.numbers("n") if isinstance(entry.raw("n"), list | tuple) else (entry.whole("n"),) * len(means)
    entry.done()
    if not means or len(sds) != len(means) or len(sizes) != len(means):
        raise Invalid("%(key)s: means, sds and n belong together, one of each per group.", key=entry.path)
    groups = []
    for mean, sd, n in zip(means, sds, sizes, strict=True):
        if n is None or n != int(n) or n < 1:
            raise Invalid("%(key)s: a whole number of at least 1 is wanted.", key=entry.at("n"))
        groups.append(Group(mean=mean, sd=sd, n=int(n)))
    return _enough(groups, entry.path)


def _enough(groups: list[Group], path: str) -> tuple[Group, ...]:
    with at(path):
        analysis_of_variance(groups)
    return tuple(groups)


def groups_found(name: str, found: Anova) -> Sentence:
    """Say what the analysis of variance found."""
    if found.F is None or found.p is None:
        return Sentence("%(input)s: one reading per group; u comes from the scatter of the groups.", {"input": name})
    data = {
        "input": name,
        "F": f"{found.F:.3g}",
        "between": found.dof_between,
        "within": found.dof_within,
        "p": f"{found.p:.2g}",
    }
    if found.differs:
        return Sentence(
            "%(input)s: the groups differ, F(%(between)s, %(within)s) = %(F)s (probability %(p)s); u comes from the "
            "group means.",
            data,
        )
    return Sentence(
        "%(input)s: the groups do not differ, F(%(between)s, %(within)s) = %(F)s (probability %(p)s); all readings are "
        "taken together.",
        data,
    )
