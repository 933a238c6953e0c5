"""Words that the sandbox's catalogue entries are made of. Substances and diseases are ordinary words; makers are invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

__all__ = ["SPOKEN", "Spoken", "spoken"]

Words = tuple[tuple[str, str], ...]
"""``(word, initials)``."""

_SUBSTANCES: Final[Words] = (
    ("阿莫西林", "AMXL"), ("头孢克洛", "TBKL"), ("左氧氟沙星", "ZYFSX"), ("甲硝唑", "JXZ"), ("布洛芬", "BLF"),
    ("对乙酰氨基酚", "DYXAJF"), ("阿司匹林", "ASPL"), ("氯吡格雷", "LBGL"), ("阿托伐他汀钙", "ATFTTG"), ("瑞舒伐他汀钙", "RSFTTG"),
    ("硝苯地平", "XBDP"), ("氨氯地平", "ALDP"), ("缬沙坦", "XST"), ("美托洛尔", "MTLE"), ("二甲双胍", "EJSG"), ("格列美脲", "GLMN"),
    ("阿卡波糖", "AKBT"), ("奥美拉唑", "AMLZ"), ("雷贝拉唑", "LBLZ"), ("多潘立酮", "DPLT"), ("蒙脱石", "MTS"), ("氯雷他定", "LLTD"),
    ("孟鲁司特", "MLST"), ("沙丁胺醇", "SDAC"), ("氨溴索", "AXS"), ("甲钴胺", "JGA"), ("叶酸", "YS"), ("维生素C", "WSSC"),
    ("碳酸钙", "TSG"), ("左甲状腺素钠", "ZJZXSN"), ("地塞米松", "DSMS"), ("泼尼松", "PNS"), ("利多卡因", "LDKY"), ("葡萄糖", "PTT"),
    ("氯化钠", "LHN"), ("呋塞米", "FSM"), ("螺内酯", "LNZ"), ("华法林", "HFL"), ("舍曲林", "SQL"), ("卡马西平", "KMXP"),
)  # fmt: skip
_FORMS: Final[Words] = (
    ("片", "P"), ("胶囊", "JN"), ("颗粒", "KL"), ("注射液", "ZSY"), ("缓释片", "HSP"), ("口服溶液", "KFRY"), ("分散片", "FSP"),
    ("干混悬剂", "GHXJ"),
)  # fmt: skip
_HERBS: Final[Words] = (
    ("黄芪", "HQ"), ("当归", "DG"), ("甘草", "GC"), ("茯苓", "FL"), ("白术", "BZ"), ("党参", "DS"), ("陈皮", "CP"), ("半夏", "BX"),
    ("川芎", "CX"), ("白芍", "BS"), ("熟地黄", "SDH"), ("桂枝", "GZ"), ("柴胡", "CH"), ("黄芩", "HQ"), ("金银花", "JYH"), ("连翘", "LQ"),
)  # fmt: skip
_TREATED: Final[Words] = (
    ("生", "S"),
    ("炒", "C"),
    ("蜜炙", "MZ"),
    ("酒炙", "JZ"),
    ("盐炙", "YZ"),
    ("醋炙", "CZ"),
    ("煅", "D"),
    ("净", "J"),
)
_ACTS: Final[Words] = (
    ("静脉输液", "JMSY"), ("肌肉注射", "JRZS"), ("彩色多普勒超声检查", "CSDPLCSJC"), ("磁共振平扫", "CGZPS"), ("CT平扫", "CTPS"),
    ("血常规检查", "XCGJC"), ("肝功能检查", "GGNJC"), ("心电图检查", "XDTJC"), ("换药", "HY"), ("清创缝合", "QCFH"), ("针刺治疗", "ZCZL"),
    ("推拿治疗", "TNZL"), ("血液透析", "XYTX"), ("吸氧", "XY"), ("护理", "HL"), ("诊察", "ZC"),
)  # fmt: skip
_PLACES: Final[Words] = (
    ("头部", "TB"), ("颈部", "JB"), ("胸部", "XB"), ("腹部", "FB"), ("盆腔", "PQ"), ("上肢", "SZ"), ("下肢", "XZ"), ("脊柱", "JZ"),
)  # fmt: skip
_MATERIALS: Final[Words] = (
    ("一次性使用注射器", "YCXSYZSQ"), ("一次性使用输液器", "YCXSYSYQ"), ("医用纱布", "YYSB"), ("可吸收缝合线", "KXSFHX"), ("导尿管", "DNG"),
    ("冠状动脉支架", "GZDMZJ"), ("人工髋关节", "RGKGJ"), ("接骨板", "JGB"), ("中心静脉导管", "ZXJMDG"), ("造影导丝", "ZYDS"),
)  # fmt: skip
_SIZES: Final[Words] = (
    ("1号", "1H"),
    ("2号", "2H"),
    ("3号", "3H"),
    ("大号", "DH"),
    ("中号", "ZH"),
    ("小号", "XH"),
)
_DISEASES: Final[Words] = (
    ("高血压", "GXY"), ("2型糖尿病", "2XTNB"), ("肺炎", "FY"), ("急性支气管炎", "JXZQGY"), ("冠状动脉粥样硬化性心脏病", "GZDMZYYHXXZB"),
    ("脑梗死", "NGS"), ("慢性胃炎", "MXWY"), ("胆囊结石", "DNJS"), ("阑尾炎", "LWY"),
    ("骨折", "GZ"), ("白内障", "BNZ"), ("慢性肾脏病", "MXSZB"),
)  # fmt: skip
_DEGREES: Final[Words] = (
    ("", ""),
    ("伴感染", "BGR"),
    ("伴并发症", "BBFZ"),
    ("轻度", "QD"),
    ("中度", "ZD"),
    ("重度", "ZD"),
    ("急性期", "JXQ"),
)
_SURGERY: Final[Words] = (
    ("切除术", "QCS"), ("修补术", "XBS"), ("吻合术", "WHS"), ("内固定术", "NGDS"), ("置换术", "ZHS"), ("活检术", "HJS"), ("引流术", "YLS"),
)  # fmt: skip
_REAGENTS: Final[Words] = (
    ("肝功能", "GGN"), ("肾功能", "SGN"), ("血脂", "XZ"), ("血糖", "XT"), ("甲状腺功能", "JZXGN"), ("肿瘤标志物", "ZLBZW"),
    ("乙肝表面抗原", "YGBMKY"),
)  # fmt: skip
_METHODS: Final[Words] = (
    ("检测试剂盒（酶法）", "JCSJH"),
    ("测定试剂盒（化学发光法）", "CDSJH"),
    ("检测试剂盒（免疫比浊法）", "JCSJH"),
)
_PACKS: Final = (
    "0.25g*24",
    "0.5g*12",
    "10mg*30",
    "20mg*7",
    "5mg*28",
    "100ml",
    "2ml:0.1g",
    "50mg*10",
    "0.1g*6",
    "1g",
)
_SIMPLE_PACKS: Final = ("常规", "加长", "加宽", "成套")


@attrs.frozen
class Spoken:
    """How entries of a kind are named: every first word with every second one, then with every pack, then by makers."""

    first: Words
    second: Words
    packs: tuple[str, ...] = ("",)
    before: bool = False
    """The second word stands before the first."""


SPOKEN: Final[Mapping[str, Spoken]] = {
    "drug": Spoken(_SUBSTANCES, _FORMS, _PACKS),
    "herb": Spoken(_HERBS, _TREATED, before=True),
    "service": Spoken(_ACTS, _PLACES, before=True),
    "material": Spoken(_MATERIALS, _SIZES, _SIMPLE_PACKS),
    "disease": Spoken(_DISEASES, _DEGREES),
    "operation": Spoken(_PLACES, _SURGERY),
    "reagent": Spoken(_REAGENTS, _METHODS),
}


def spoken(spoken: Spoken, number: int) -> tuple[str, str, str, int]:
    """Name, initials, pack and maker's number of an entry."""
    rest, one = divmod(number, len(spoken.first))
    rest, two = divmod(rest, len(spoken.second))
    maker, pack = divmod(rest, len(spoken.packs))
    (a, x), (b, y) = spoken.first[one], spoken.second[two]
    name, initials = (b + a, y + x) if spoken.before else (a + b, x + y)
    return name, initials, spoken.packs[pack], maker
