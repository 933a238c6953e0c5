"""What is wrong with a plugin that was loaded: its regions, whose documents nobody reads before somebody needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mi_core.errors import MiError

if TYPE_CHECKING:
    from mi_core.plugin import RegionFactory
    from mi_core.plugin.manager import PluginReport, Plugins

__all__ = ["TO_DO", "fault_of_region", "region_faults"]

TO_DO: Final = (
    "改正 overlay 或 region.json 后运行 mi catalog check --region 名称",
    "correct the overlay or region.json, then run: mi catalog check --region NAME",
)
_SHOWN: Final = 3


def region_faults(plugins: Plugins, report: PluginReport) -> list[tuple[str, str]]:
    """Chinese and English, for each region of the plugin that cannot be used. Ours are checked by our tests."""
    if report.distribution == "mi-core":
        return []
    owned = [name for name, owner in plugins.regions.owners().items() if owner == report.name]
    faults = ((name, fault_of_region(name, plugins.regions[name])) for name in owned)
    return [(f"地区 {name}：{f[0]}", f"region {name}: {f[1]}") for name, f in faults if f is not None]


def fault_of_region(name: str, factory: RegionFactory) -> tuple[str, str] | None:
    """Why a region cannot be used: its file, its name, overlays that do not fit."""
    from mi_core.catalog.references import reference_problems
    from mi_core.catalog.regions import region_catalog

    try:
        region = factory()
        if region.name != name:
            return (
                f"登记名为 {name}，而 region.json 的 name 为 {region.name}",
                f"is registered as {name}, but its region.json has the name {region.name}",
            )
        if region.folder is None:
            return None
        loaded = region_catalog(region.folder)
        problems = loaded.problems() or reference_problems(loaded)
    except MiError as error:
        return error.message("zh"), error.message("en")
    except Exception as error:  # a plugin's own code, whatever it raises
        said = f"{type(error).__name__}: {error}"
        return said, said
    if not problems:
        return None
    return tuple("; ".join(p.message(lang) for p in problems[:_SHOWN]) for lang in ("zh", "en"))  # type: ignore[return-value]  # of two
