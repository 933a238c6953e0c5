"""Named providers of one kind and the plugin that brought each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from mi_core.errors import PluginError

T = TypeVar("T")

__all__ = ["Adding", "NameTaken", "Registry"]


class NameTaken(PluginError):
    """Two plugins want the same name; ``owner`` has it."""

    def __init__(self, kind: str, name: str, owner: str) -> None:
        super().__init__(
            f"{kind} {name} 已由 {owner} 提供", f"{kind} {name} is already provided by {owner}",
            hint_zh="换一个名称，或在 [plugins] allow 中只保留其中一个",
            hint_en="use another name, or allow only one of them in [plugins] allow",
        )  # fmt: skip
        self.owner = owner


class Adding(Generic[T]):
    """A registry as one plugin sees it: ``add`` and what there is."""

    __slots__ = ("__add", "__names", "kind")

    def __init__(self, registry: Registry[T], owner: str) -> None:
        def add(name: str, provider: T) -> None:
            registry.owned_by(owner)
            registry.add(name, provider)

        self.kind = registry.kind
        self.__add = add
        self.__names = registry.__contains__

    def add(self, name: str, provider: T) -> None:
        """As :meth:`Registry.add`."""
        self.__add(name, provider)

    def __contains__(self, name: object) -> bool:
        return self.__names(name)


class Registry(Generic[T]):
    """Providers by name. A name belongs to the first plugin that takes it; nobody replaces another's provider."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._providers: dict[str, T] = {}
        self._owners: dict[str, str] = {}
        self._owner = ""

    def add(self, name: str, provider: T) -> None:
        """Register ``provider`` under ``name`` (lower case, as written in the configuration)."""
        if not name or name != name.strip().lower():
            raise PluginError(
                f"{self.kind} 的名称无效：{name!r}",
                f"invalid name of a {self.kind}: {name!r}",
                hint_zh="名称用小写字母，不含空格",
                hint_en="use lower case without blanks",
            )
        if not callable(provider):
            raise PluginError(
                f"{self.kind} {name} 不是可调用的工厂", f"{self.kind} {name} is not a callable factory"
            )
        if name in self._providers:
            raise NameTaken(self.kind, name, self._owners[name])
        self._providers[name] = provider
        self._owners[name] = self._owner

    def opened_for(self, owner: str) -> Adding[T]:
        """What a plugin gets: it can add providers of its own, and neither take out nor rename another's."""
        return Adding(self, owner)

    def owned_by(self, owner: str) -> None:
        """Providers added from now on belong to ``owner``; called by the plugin manager."""
        self._owner = owner

    def forget(self, owner: str) -> None:
        """Take out everything that ``owner`` added; a plugin is in as a whole or not at all."""
        for name in [n for n, o in self._owners.items() if o == owner]:
            del self._providers[name], self._owners[name]

    def __getitem__(self, name: str) -> T:
        try:
            return self._providers[name]
        except KeyError:
            known = ", ".join(sorted(self._providers)) or "-"
            raise PluginError(
                f"没有名为 {name} 的 {self.kind}",
                f"there is no {self.kind} named {name}",
                hint_zh=f"可用：{known}；其他的须安装相应插件",
                hint_en=f"available: {known}; install the plugin that brings it",
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._providers

    def __iter__(self) -> Iterator[str]:
        return iter(self._providers)

    def items(self) -> Iterator[tuple[str, T]]:
        """Name and provider, in order of registration."""
        return iter(self._providers.items())

    def owners(self) -> Mapping[str, str]:
        """Name -> plugin."""
        return dict(self._owners)
