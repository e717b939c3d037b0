# SPDX-License-Identifier: BSL-1.0
"""contrib/prometheus, contrib/grafana and imindex(8) name metrics that imindex has, and every one
of them is on the dashboard and in the manual."""
import json
import pathlib
import re
import shutil
import urllib.request

from im import PATIENCE, equal, matches, needs

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTRIB = ROOT / "contrib"
MANUAL = ROOT / "man" / "imindex.8"
NAME = r"\b(?:imindex|process)_[a-z_]+\b"
HISTOGRAM = ("_bucket", "_sum", "_count")


def _rendered(w):
    """Family, as in the plain format, to its type."""
    index = w.index("--metrics=127.0.0.1:0")
    url = matches(r"IM_METRICS=(\S+)", index.line())[1]
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return dict(re.findall(r"^# TYPE (\S+) (\S+)$", answer.read().decode(), re.M))


def _samples(families):
    """What may stand in a query."""
    return {family + suffix for family, kind in families.items()
            for suffix in (HISTOGRAM if kind == "histogram" else ("",))}


def _family(sample, families):
    stripped = re.sub(r"_(bucket|sum|count)$", "", sample)
    return sample if sample in families else stripped


def the_rules_use_metrics_that_exist(w):
    used = set(re.findall(NAME, (CONTRIB / "prometheus" / "imindex.rules.yml").read_text()))
    assert len(used) > 5, used
    # Descriptions speak of families, expressions of samples.
    families = _rendered(w)
    equal(used - _samples(families) - set(families), set())


def the_dashboard_uses_metrics_that_exist_and_all_of_them(w):
    families = _rendered(w)
    board = json.loads((CONTRIB / "grafana" / "imindex.json").read_text())
    queries = [t["expr"] for panel in board["panels"] for t in panel["targets"]]
    used = {name for query in queries for name in re.findall(NAME, query)}
    equal(used - _samples(families), set(), "unknown to imindex")
    equal(set(families) - {_family(name, families) for name in used}, set(), "without a panel")


def the_dashboard_is_one_that_grafana_takes(w):
    board = json.loads((CONTRIB / "grafana" / "imindex.json").read_text())
    ids = [panel["id"] for panel in board["panels"]]
    equal(len(ids), len(set(ids)), "ids of panels")
    known = {"${" + variable["name"] + "}" for variable in board["templating"]["list"]}
    for panel in board["panels"]:
        assert panel["datasource"]["uid"] in known, panel["title"]
        place = panel["gridPos"]
        assert 0 <= place["x"] and place["x"] + place["w"] <= 24, panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        equal(len(letters), len(set(letters)), panel["title"])


def the_manual_has_every_metric_and_no_other(w):
    families = _rendered(w)
    named = set(re.findall(NAME, MANUAL.read_text()))
    equal(named, set(families))


def promtool_takes_the_rules_and_the_scrape_configuration(w):
    needs(shutil.which("promtool"), "no promtool")
    admin = w.person("admin")
    admin.run("promtool", "check", "rules", CONTRIB / "prometheus" / "imindex.rules.yml")
    admin.run("promtool", "check", "config", CONTRIB / "prometheus" / "scrape.yml")
