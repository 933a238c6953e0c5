"""A hospital's items against a catalogue of 200,000 drugs: time of an item, beside a scan of the whole catalogue by rapidfuzz.

``python tests/bench/mapping_rate.py [--offers N] [--items N]`` prints memory and how many items found their own drug, too.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from mi_core.mapping.matching import Matcher, Offer, Wanted
from mi_core.mapping.normal import plain_name
from tests.bench.harness import Row

__all__ = ["items", "measure", "offers"]

OFFERS = 200_000
ITEMS = 2_000
NAMES = 20_000
SCANNED = 40
"""Items that the baseline is measured with; a scan of everything costs the same for each."""
FORMS = (
    "片", "胶囊", "颗粒", "注射液", "分散片", "缓释片", "肠溶片", "软膏", "口服溶液", "滴眼液", "丸", "散",
)  # fmt: skip
STEMS = (
    "阿莫西林", "头孢克肟", "头孢呋辛", "左氧氟沙星", "奥美拉唑", "兰索拉唑", "硝苯地平", "氨氯地平", "缬沙坦", "氯沙坦",
    "二甲双胍", "格列美脲", "阿托伐他汀", "瑞舒伐他汀", "布洛芬", "双氯芬酸", "对乙酰氨基酚", "氯雷他定", "孟鲁司特", "沙丁胺醇",
    "布地奈德", "氨溴索", "乙酰半胱氨酸", "甲硝唑", "阿昔洛韦", "奥司他韦", "利巴韦林", "氟康唑", "肝素", "华法林", "氯吡格雷",
    "阿司匹林", "美托洛尔", "比索洛尔", "呋塞米", "螺内酯", "地塞米松", "泼尼松", "胰岛素", "维生素",
)  # fmt: skip
PREFIXES = (
    "", "复方", "注射用", "盐酸", "硫酸", "苯磺酸", "磷酸", "枸橼酸", "小儿", "重组人", "马来酸", "富马酸", "琥珀酸", "酒石酸",
)  # fmt: skip
TAILS = (
    "", "钠", "钾", "钙", "镁", "锌", "酯", "甲", "乙", "丙", "丁", "左旋", "右旋", "二", "三", "四", "五", "双",
)  # fmt: skip
MAKERS = tuple(f"{place}{name}制药{kind}" for place, name, kind in itertools.product(
    ("华北", "江南", "岭南", "西蜀", "东海"), ("康泰", "济世", "和生", "百草", "仁和"), ("有限公司", "股份有限公司", "厂")))  # fmt: skip
SPECS = tuple(f"{amount}{unit}" for amount, unit in itertools.product(
    ("0.1", "0.125", "0.25", "0.5", "1", "2", "5", "10", "20", "50"), ("g", "mg", "ml")))  # fmt: skip


def offers(count: int, seed: int = 1301) -> Iterator[Offer]:
    """``count`` drugs: 20,000 names, each in several strengths of several makers."""
    choice = random.Random(seed)  # made-up data, nothing secret
    names = list(itertools.product(PREFIXES, STEMS, TAILS, FORMS))
    choice.shuffle(names)
    del names[NAMES:]
    for number in range(count):
        prefix, stem, tail, form = names[int(len(names) * choice.random() ** 2) % len(names)]
        yield Offer(
            code=f"X{number:020}", name=f"{prefix}{stem}{tail}{form}", source="1301", list_type="101",
            spec=f"{choice.choice(SPECS)}*{choice.choice((6, 12, 24, 100))}", maker=choice.choice(MAKERS),
            approval=f"国药准字H{number:08}", dosform=form + ("剂" if len(form) == 1 else ""),
        )  # fmt: skip


def items(some: list[Offer], count: int, seed: int = 3301) -> list[tuple[Wanted, Offer]]:
    """As hospitals write them: widths, units, shortened makers, a form left out; with the drug that is meant."""
    choice = random.Random(seed)
    made = []
    for offer in choice.sample(some, count):
        name = (
            offer.name if choice.random() < 0.7 else offer.name.removesuffix(offer.dosform.removesuffix("剂"))
        )
        spec = offer.spec.replace("*", choice.choice(("×", "x", " * "))) + choice.choice(("", "/盒", "片/盒"))
        made.append((
            Wanted(name=f"{name}({offer.maker[:2]})" if choice.random() < 0.2 else name, list_type="101", spec=spec,
                   maker=offer.maker[: choice.choice((4, 6, 20))], dosform=offer.dosform if choice.random() < 0.6 else ""),
            offer,
        ))  # fmt: skip
    return made


def scan(names: list[str], wanted: Wanted) -> Any:
    """The baseline: every name of the catalogue, by the same library."""
    rapidfuzz: Any = import_module("rapidfuzz")
    return rapidfuzz.process.extract(plain_name(wanted.name), names, scorer=rapidfuzz.fuzz.ratio, limit=40)


def run(count: int, number: int) -> dict[str, float]:
    """Seconds of building, of one item and of one scan; MiB of the index; share of items whose drug is among the five."""
    some = list(offers(count))
    wanted = items(some, number)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    matcher = Matcher(some)
    built = time.perf_counter() - start
    start = time.perf_counter()
    found = [matcher.candidates(one) for one, _ in wanted]
    item = (time.perf_counter() - start) / number
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    right = sum(
        any((c.offer.name, c.offer.spec, c.offer.maker) == (o.name, o.spec, o.maker) for c in candidates)
        for candidates, (_, o) in zip(found, wanted, strict=True)
    )
    names = [plain_name(offer.name) for offer in some]
    start = time.perf_counter()
    for one, _ in wanted[:SCANNED]:
        scan(names, one)
    scanned = (time.perf_counter() - start) / SCANNED
    return {"build": built, "item": item, "scan": scanned, "MiB": memory, "right": right / number}


def measure() -> list[Row]:
    """The time of an item against the scan, and that of building the index."""
    got = run(OFFERS, ITEMS)
    what = f"{ITEMS:,} items, {OFFERS:,} drugs, {got['MiB']:.0f} MiB, {got['right']:.0%} right"
    return [
        Row(
            "mapping, one item",
            what,
            {"ours": got["item"], "full scan": got["scan"]},
            {"": 0.005, "full scan": 10},
        ),
        Row("mapping, the index", f"{OFFERS:,} drugs", {"ours": got["build"]}),
    ]


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offers", type=int, default=OFFERS)
    parser.add_argument("--items", type=int, default=ITEMS)
    arguments = parser.parse_args()
    print(run(arguments.offers, arguments.items))


if __name__ == "__main__":
    main()
