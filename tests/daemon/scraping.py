"""What a scrape shows, as Prometheus would read it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from crawler.daemon.exposing import exposition


def scraped(metrics):
    """Every sample by its name and labels, as `{("crawler_sources", "active"): 3.0}`."""
    return samples(exposition(metrics).decode())


def samples(text):
    """Likewise; the labels stand in the order of their names."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            assert (sample.name, *labels) not in found
            found[sample.name, *labels] = sample.value
    return found


def of(found, name):
    """The samples of one name, by labels; zeros are left out."""
    return {key[1:]: value for key, value in found.items() if key[0] == name and value}
