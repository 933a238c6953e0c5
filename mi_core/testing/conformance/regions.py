"""A region: its overlays fit the catalogue, and its generated classes are what the overlays say."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from mi_core.catalog import Catalog
from mi_core.catalog.regions import read_region, region_catalog
from mi_core.plugin.region import BASE_CLASSES, Region, RegionFactory
from mi_core.testing import examples
from mi_core.testing.conformance import Subject

__all__ = ["CHECKS"]


def _folder(region: Region) -> Path:
    assert region.folder is not None, (
        "the region says no folder: register partial(Region.at, Path(__file__).parent, __name__)"
    )
    return region.folder


def _catalog(factory: RegionFactory) -> Catalog:
    return region_catalog(_folder(factory()))


def _own(region: Region) -> tuple[Any, tuple[str, ...]]:
    """The package of its classes, and the interfaces that are its own."""
    if region.interfaces == BASE_CLASSES:
        return import_module(BASE_CLASSES), ()
    package = import_module(region.interfaces)
    return package, tuple(package.OWN_CODES)


def its_overlays_load_and_fit_the_catalogue(whole: Subject, name: str, factory: RegionFactory) -> None:
    """No malformed entry, no place that does not exist, no two overlays at the same place."""
    wrong = [problem.message("en") for problem in _catalog(factory).problems()]
    assert not wrong, "; ".join(wrong)


def it_says_what_is_known_of_it(whole: Subject, name: str, factory: RegionFactory) -> None:
    """``region.json`` names it, and says on what evidence."""
    region = factory()
    assert isinstance(region, Region), (
        f"the factory returns {type(region).__name__}, not a mi_core.plugin.Region"
    )
    facts = read_region(_folder(region))
    assert facts.name == region.name == name, f"region.json says {facts.name}"
    assert facts.evidence, "region.json gives no evidence"


def its_generated_classes_are_what_its_overlays_say(
    whole: Subject, name: str, factory: RegionFactory
) -> None:
    """Every interface that differs has a class of its own, made from the document as it is now."""
    region, catalog = factory(), _catalog(factory)
    package, own = _own(region)
    missing = {*catalog.changed(), *catalog.added()} - set(own)
    assert not missing, (
        f"not generated: {', '.join(sorted(missing))}; run mi codegen --plugin {_folder(region)}"
    )
    old = [c for c in own if package.by_code(c).digest != catalog.digest(c)]
    assert not old, (
        f"generated from another document: {', '.join(old)}; run mi codegen --plugin {_folder(region)}"
    )


def its_own_interfaces_take_what_their_documents_call_valid(
    whole: Subject, name: str, factory: RegionFactory
) -> None:
    """Built, encoded and read back."""
    package, own = _own(factory())
    for code in own:
        interface = package.by_code(code)
        request: Any = examples.valid(interface)
        wrong = [p.message("en") for p in interface.check(request) if p.severity == "error"]
        assert not wrong, f"{code}: {'; '.join(wrong)}"
        assert isinstance(examples.reply(interface, request), interface.response), code


CHECKS = (
    its_overlays_load_and_fit_the_catalogue,
    it_says_what_is_known_of_it,
    its_generated_classes_are_what_its_overlays_say,
    its_own_interfaces_take_what_their_documents_call_valid,
)
