"""Bringing one part of a base document into the shape of the region's table."""

from __future__ import annotations

from typing import Any

from mi_codegen.importer.dialect.fields import add_node, leave_unsaid, retype, set_required
from mi_codegen.importer.dialect.knowledge import Knowledge
from mi_codegen.importer.dialect.tables import DialectField, DialectNode, Part
from mi_codegen.importer.dialect.writing import Writing
from mi_core.catalog.nodes import is_node, row_of

__all__ = ["align_part"]


def align_part(
    writing: Writing, part: Part, table: DialectNode, known: Knowledge, forced: dict[str, str]
) -> None:
    """Write the entries that make ``part`` of the document hold the whole table."""
    pointer = f"/properties/{part}"
    _body(writing, part, table)
    _renamed(writing, part, pointer, (), table, forced)
    if table.repeated and writing.at(pointer).get("x-mi", {}).get("rootMay") != "array":
        writing.do("add", f"{pointer}/x-mi/rootMay", "The region's model reads a list here.", value="array")
    _Aligned(writing, part, known, forced).node(pointer, (), table)


def _leaf_codes(node: dict[str, Any]) -> set[str]:
    return {k for k, m in row_of(node)["properties"].items() if not is_node(m)}


def _body(writing: Writing, part: Part, table: DialectNode) -> None:
    """The fields lie directly in the part here and in a node there: the body moves up or down as a whole."""
    pointer = f"/properties/{part}"
    root = writing.at(pointer)
    nodes = [k for k, m in root["properties"].items() if is_node(m)]
    own, theirs = _leaf_codes(root), {f.code for f in table.fields}
    only = nodes[0] if len(nodes) == 1 else None
    if only is not None and not own and theirs and only not in {n.code for n in table.nodes}:
        inner = root["properties"][only]
        if inner.get("type") == "object" and 2 * len(_leaf_codes(inner) & theirs) >= len(theirs):
            reason = f"The region's fields lie in {part} itself, not in {only}."
            writing.do("move", pointer, reason, source=f"{pointer}/properties/{only}")
            writing.renamed.append((part, (only,), ()))
        return
    for node in table.nodes:
        same = own & {f.code for f in node.fields}
        if not nodes and same and 2 * len(same) >= min(len(own), len(node.fields)):
            down = f"{pointer}/properties/{node.code}"
            writing.do("move", down, f"The region's rows lie in {node.code}.", source=pointer)
            writing.renamed.append((part, (), (node.code,)))
            if "rootMay" in writing.at(down).get("x-mi", {}):
                writing.do("remove", f"{down}/x-mi/rootMay", f"The rows lie in {node.code}.")
            return


def _renamed(
    writing: Writing,
    part: Part,
    pointer: str,
    path: tuple[str, ...],
    table: DialectNode,
    forced: dict[str, str],
) -> None:
    """Nodes that only have another key here: those whose fields are mostly the same."""
    row, node = writing.row(pointer)
    ours = {k: m for k, m in node["properties"].items() if is_node(m)}
    wanted = {n.code for n in table.members}
    for other in table.nodes:
        if other.code in node["properties"]:
            continue
        codes = {f.code for f in other.fields}
        free = [k for k in ours if k not in wanted]
        name = forced.get(".".join((writing.code, part, *path, other.code)))
        if name is None:
            scored = [(len(codes & _leaf_codes(ours[k])), k) for k in free]
            best = max(scored, default=(0, ""), key=lambda s: s[0])
            enough = best[0] and 2 * best[0] >= min(len(codes), len(_leaf_codes(ours[best[1]])))
            name = best[1] if enough else ""
        if name:
            reason = f"The region calls the node {name} {other.code}."
            source, target = writing.member(row, name), writing.member(row, other.code)
            writing.do("move", target, reason, source=source)
            writing.renamed.append((part, (*path, name), (*path, other.code)))
            del ours[name]


class _Aligned:
    """One part on its way."""

    def __init__(self, writing: Writing, part: Part, known: Knowledge, forced: dict[str, str]) -> None:
        self.writing, self.part, self.known, self.forced = writing, part, known, forced

    def node(self, pointer: str, path: tuple[str, ...], table: DialectNode) -> None:
        """The node at ``pointer`` and everything below it."""
        if path:
            self._rows(pointer, path, table)
            _renamed(self.writing, self.part, pointer, path, table, self.forced)
        row, _ = self.writing.row(pointer)
        before: str | None = None
        for member in table.members:
            self._member(row, path, member, before)
            before = member.code
        leave_unsaid(self.writing, row, table)
        set_required(self.writing, row, table)

    def _rows(self, pointer: str, path: tuple[str, ...], table: DialectNode) -> None:
        many = self.writing.at(pointer).get("type") == "array"
        if table.repeated == many:
            return
        if many and self.part == "output":
            return  # a list is read from one object too, but of a list read as one object rows would be lost
        place = ".".join(("output", *path))
        proofs = self.writing.document["x-mi"].get("proof", ())
        if not many and self.part == "output" and any(p.startswith(f"{place}.") for p in proofs):
            return  # what proves the success of a call stands in one place; a list of one object is read all the same
        op, said = ("wrap", "many rows") if table.repeated else ("unwrap", "one row")
        self.writing.do(op, pointer, f"The region's table has {said} here.")

    def _member(
        self, row: str, path: tuple[str, ...], member: DialectField | DialectNode, before: str | None
    ) -> None:
        writing, here = self.writing, self.writing.member(row, member.code)
        properties: dict[str, Any] = writing.at(row)["properties"]
        old = properties.get(member.code)
        place = {"after": before} if before in properties else {}
        if isinstance(member, DialectNode):
            if old is None:
                add_node(writing, here, self.part, member, self.known, place)
            elif is_node(old):
                self.node(here, (*path, member.code), member)
            else:
                add_node(writing, here, self.part, member, self.known, {}, op="replace")
        elif old is None and self._respelled(row, member):
            retype(writing, here, self.part, member)
        elif old is None:
            value = self.known.member(writing.code, self.part, member)
            writing.do("add", here, "The region's table has this field.", value=value, **place)
        elif not is_node(old):
            retype(writing, here, self.part, member)

    def _respelled(self, row: str, field: DialectField) -> bool:
        """``hcv-ab`` of the base is ``hcv_ab`` here: one field in two spellings, which would share an attribute."""
        for code, old in self.writing.at(row)["properties"].items():
            if code.replace("-", "_") == field.code and not is_node(old):
                source, target = self.writing.member(row, code), self.writing.member(row, field.code)
                self.writing.do("move", target, f"The region spells {code} so.", source=source)
                return True
        return False
