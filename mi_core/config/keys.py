"""Every key of the configuration: kind, default, limit, and its explanation for the commented file and for mistakes."""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

__all__ = [
    "BRIDGE",
    "CATALOGUES",
    "GATEWAY",
    "INSTITUTION",
    "JOURNAL",
    "LIMITS",
    "MAPPING",
    "OPERATOR",
    "PLUGINS",
    "RECOVERY",
    "ROOT",
    "ROUTE",
    "SECRETS",
    "SERVE",
    "STORE",
    "TIMEOUTS",
    "TRANSPORT",
    "Key",
    "Section",
]

Kind = Literal[
    "text",
    "code",
    "area",
    "secret",
    "url",
    "proxy",
    "number",
    "whole",
    "flag",
    "path",
    "texts",
    "store",
    "journal",
    "codes",
    "amount",
    "table",
    "interfaces",
    "sm2-private",
    "sm2-public",
]


@attrs.frozen
class Key:
    """One key. ``example`` stands in the commented file; ``required`` ones stand there uncommented."""

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = False
    choices: tuple[str, ...] = ()
    limit: int | None = None
    """Characters of a text; upper bound of a number."""
    example: Any = None
    zero: bool = False
    """Whether a number may be 0."""


@attrs.frozen
class Section:
    """The keys of one table."""

    keys: tuple[Key, ...]

    def get(self, name: str) -> Key | None:
        """The key of that name."""
        return next((k for k in self.keys if k.name == name), None)


ROOT: Final = Section((
    Key("environment", "text", "环境：test 测试，production 正式（真实资金）", "test or production (real money)",
        required=True, choices=("test", "production"), example="test"),
))  # fmt: skip

INSTITUTION: Final = Section((
    Key("name", "text", "定点医药机构名称", "name of the institution", required=True, limit=200, example="示例医院"),
    Key("region", "text", "地区规范（mi regions list 可查）", "regional dialect (mi regions list)", example="hunan"),
    Key("mdtrtarea_admvs", "area", "就医地医保区划（6 位）", "area code of the institution", required=True, limit=6, example="439900"),
    Key("insuplc_admdvs", "area", "默认参保地区划；留空则同就医地", "default area of the insured; empty: local", limit=6, example="439900"),
    Key("recer_sys_code", "text", "接收方系统代码", "code of the receiving system", limit=10, example="HIS"),
    Key("infver", "text", "接口版本号", "interface version", limit=6, example="1.0.0"),
    Key("signtype", "text", "签名类型", "kind of signature", limit=10, example=""),
    Key("dev_no", "text", "设备编号", "device number", limit=100, example=""),
    Key("dev_safe_info", "text", "设备安全信息", "device safety information", limit=2000, example=""),
    Key("sign_in", "flag", "自动签到（9001），部分地区不需要", "sign in (9001) automatically", example=True),
    Key("sign_in_mac", "text", "签到 MAC 地址；留空则取本机", "MAC address for 9001; empty: this machine's", limit=20, example=""),
    Key("sign_in_ip", "text", "签到 IP 地址；留空则取本机", "IP address for 9001; empty: this machine's", limit=20, example=""),
    Key("sign_in_userid", "text", "签到登录账号（地区要求时，如广州）", "login account for 9001, where the region asks for one",
        limit=50, example=""),
    Key("sign_in_password", "secret", "签到登录密码（地区要求时）", "password for 9001, where the region asks for one",
        example=""),
    Key("sign_in_expired", "texts", "表示签到失效的拒绝文本（* 为任意内容）", "refusals that mean: sign in again", example=["*签到*"]),
    Key("head_extras", "table", "报文头的附加字段（地区要求）", "fields of the request head beside the specification's (a region's)",
        example={}),
    Key("refusals", "texts", "已证实“中心未执行”的拒绝文本（* 为任意内容）", "refusals proven to mean: nothing was done", example=[]),
))  # fmt: skip

OPERATOR: Final = Section((
    Key("type", "text", "经办人类别：1 经办人 2 自助终端 3 移动终端", "1 clerk, 2 self-service, 3 mobile", limit=3, example="1"),
    Key("id", "text", "经办人编号", "operator's number", required=True, limit=30, example="001"),
    Key("name", "text", "经办人姓名", "operator's name", required=True, limit=50, example="收费员"),
))  # fmt: skip

GATEWAY: Final = Section((
    Key("profile", "text", "网关认证方式：csb csb-seconds tif zj-ca oauth-sm envelope-sm none（院内前置机）local-agent（动态库）或插件的",
        "gateway profile: csb, csb-seconds, tif, zj-ca, oauth-sm, envelope-sm, none, local-agent, or a plugin's",
        required=True, example="csb"),
    Key("url", "url", "网关地址", "address of the gateway", required=True, example="http://127.0.0.1:8765/csb"),
    Key("access_key", "secret", "AK；也可写 { env = \"变量名\" } 或 { file = \"文件\" }", "access key; or { env = … } / { file = … }",
        example={"env": "HIS_AK"}),
    Key("secret_key", "secret", "SK；不要写进版本库", "secret key; keep it out of version control", example={"env": "HIS_SK"}),
    Key("api_version", "text", "服务版本号（_api_version）", "version of the gateway's services", limit=100, example="1.0.0"),
))  # fmt: skip

ROUTE: Final = Key("interfaces", "interfaces", "由此网关办理的交易（* 结尾表示前缀）",
    "interfaces that this gateway serves (* at the end: all that begin so)", required=True, example=["6*", "7*"])  # fmt: skip

SECRETS: Final = Section((
    Key("key_file", "path", "封存密钥文件（仅本人可读），打开 sm4://… 的值；默认为配置旁的 mi.secrets.key",
        "key file of sealed values (sm4://…), mode 0600; by default mi.secrets.key beside this file", example="mi.secrets.key"),
))  # fmt: skip

TIMEOUTS: Final = Section((
    Key("settlement", "number", "结算类（秒）", "settlements, seconds", limit=3600, example=120),
    Key("query", "number", "查询类（秒）", "queries, seconds", limit=3600, example=30),
    Key("upload", "number", "上传类（秒）", "uploads, seconds", limit=3600, example=60),
    Key("download", "number", "下载类（秒）", "downloads, seconds", limit=36000, example=300),
))  # fmt: skip

TRANSPORT: Final = Section((
    Key("kind", "text", "传输方式（插件可提供其他）", "transport; plugins may bring others", example="aiohttp"),
    Key("proxy", "proxy", "代理地址（http://…）", "proxy", example="http://10.0.0.1:3128"),
    Key("ca_file", "path", "私有 CA 证书（PEM）", "private CA, PEM", example="ca.pem"),
    Key("client_cert", "path", "客户端证书（PEM）", "client certificate, PEM", example="client.pem"),
    Key("client_key", "path", "客户端私钥（PEM，不加密）", "key of the client certificate", example="client.key"),
    Key("pool", "whole", "同时连接数", "connections at the same time", limit=10000, example=100),
    Key("connect_timeout", "number", "建立连接的时限（秒）", "seconds to connect", limit=600, example=10),
    Key("keepalive", "number", "空闲连接保留时间（秒），须小于网关的", "seconds an idle connection is kept", limit=3600, example=15),
))  # fmt: skip

STORE: Final = Section((
    Key("operation_log", "store", "操作日志：memory、sqlite:///文件、mysql://… 或 postgresql://…",
        "operation log: memory, sqlite:///file, mysql://… or postgresql://…", example="sqlite:///mi.db"),
    Key("key_file", "path", "日志加密密钥文件；sqlite 默认在数据库旁自动生成，服务器须指明",
        "key of the encrypted log", example="mi.db.key"),
))  # fmt: skip

JOURNAL: Final = Section((
    Key("path", "journal", "交易日志（不丢、不重的依据）：本机文件、mysql://…、postgresql://…，或 memory（仅测试）",
        "journal of changing calls: a local file, mysql://…, postgresql://…, or memory (tests only)", example="mi.journal.db"),
    Key("key_file", "path", "交易日志密钥文件；本机文件旁自动生成，服务器须指明",
        "key of the journal; a server needs one", example="mi.journal.db.key"),
    Key("slots", "whole", "同时使用同一日志的进程数上限（改动须停机）",
        "worker processes at once; stop all of them to change it", limit=100, example=10),
    Key("max_in_doubt", "whole", "结果未定超过此笔数时暂停新的结算",
        "more calls in doubt than this close the intake", limit=100000, example=20),
    Key("max_amount", "amount", "结果未定超过此金额（元）时暂停新的结算；不设则不限",
        "yuan in doubt that close the intake; unset: no limit", example="100000"),
    Key("recover", "flag", "客户端在后台自动查证未决业务",
        "clients resolve what is in doubt in the background", example=True),
))  # fmt: skip

RECOVERY: Final = Section((
    Key("acceptance", "number", "网关接受签名的时限（秒）；不知道就不要填",
        "seconds for which a signed message is accepted; leave out when unknown",
        limit=86400, example=1800),
    Key("processing", "number", "中心处理一笔交易的最长时间（秒）",
        "the longest that the centre works on a message, seconds", limit=86400, example=300),
    Key("replica_lag", "number", "查询可能落后于交易的最长时间（秒）；不会落后则为 0",
        "the longest that a query may lag behind, seconds; 0: never", limit=86400, example=300, zero=True),
    Key("likely_refused", "number", "中心报错而未列入 refusals 时，多少秒后查证",
        "seconds before an unlisted refusal is asked about", limit=86400, example=10),
    Key("query_without_setl_id", "flag", "5203 可不填 setl_id（按就诊查询）",
        "5203 answers with an empty setl_id", example=False),
    Key("absent", "texts", "查询或冲正被拒时，证明“查无此业务”的原文（* 代表可变部分）",
        "refusal texts of queries and of 2601 that mean: there is no such business (* stands for a changing part)", example=[]),
    Key("reversible", "codes", "除规范所列外，2601 还可冲正的接口",
        "interfaces that 2601 takes back here beside the specification's", example=[]),
    Key("reverse_unknown", "flag", "无法查明时允许自动冲正（须经医保部门同意）",
        "reverse what nobody could find out", example=False),
    Key("questions", "whole", "查证多少次无果后转人工",
        "questions without an answer before people decide", limit=1000, example=8),
    Key("reversals", "whole", "冲正多少次无果后转人工",
        "reversals without an answer before people decide", limit=100, example=5),
))  # fmt: skip

LIMITS: Final = Section((
    Key("money", "whole", "同时办理的结算、退费、登记等上限（每个网关）", "changing calls at the same time",
        limit=10000, example=20),
    Key("money_queue", "whole", "结算类最多排队笔数；超过即提示繁忙，不发送", "changing calls that may wait; more are refused",
        limit=100000, example=60),
    Key("read", "whole", "同时进行的查询上限", "queries at the same time", limit=10000, example=100),
    Key("read_queue", "whole", "查询最多排队笔数", "queries that may wait", limit=100000, example=200),
    Key("bulk", "whole", "同时进行的上传、下载与批量调用上限", "uploads, downloads and call_many at the same time",
        limit=10000, example=16),
    Key("bulk_queue", "whole", "上传、下载与批量调用最多排队笔数", "of these, how many may wait", limit=100000, example=100),
    Key("recovery", "whole", "为查证未决业务保留的并发数", "places kept for finding out what is in doubt", limit=1000, example=4),
    Key("recovery_queue", "whole", "查证最多排队笔数", "of these, how many may wait", limit=100000, example=16),
    Key("adaptive", "flag", "按网关应答快慢自动调整并发（以上为最大值）", "follow how quickly the gateway answers",
        example=True),
    Key("failures", "whole", "连续多少次无应答后暂停发送", "failures in a row after which sending is suspended", limit=1000, example=5),
    Key("drain", "number", "关闭时等待在途业务的秒数", "seconds that closing waits for changing calls under way", limit=3600, example=30),
))  # fmt: skip

CATALOGUES: Final = Section((
    Key("path", "journal", "目录库（药品、诊疗、耗材、字典等）：本机文件、mysql://… 或 postgresql://…",
        "database of the catalogues and dictionaries: a local file, mysql://… or postgresql://…", example="mi.catalogues.db"),
))  # fmt: skip

MAPPING: Final = Section((
    Key("check", "flag", "上传费用前核对对照（3301）、限价（1318）与先自付比例（1319）；未对照的项目不上传",
        "before fees are uploaded: mapping (3301), ceiling (1318), self-pay ratio (1319)", example=False),
    Key("ceiling", "text", "单价高于限价时：warn 提醒，refuse 不上传，off 不核对", "a price above its ceiling: warn, refuse or off",
        choices=("warn", "refuse", "off"), example="warn"),
    Key("level", "text", "本机构适用的限价类型（代码表 hilist_lmtpric_type）；留空则取最高的",
        "the ceiling that holds here (code table hilist_lmtpric_type); empty: the highest", limit=6, example=""),
))  # fmt: skip

BRIDGE: Final = Section((
    Key("database", "journal", "HIS 数据库桥所在的库：mysql://用户@主机/库?password_file=文件 或 postgresql://…（mi bridge install 建立）",
        "database of the bridge for a HIS: mysql://user@host/db?password_file=file or postgresql://…",
        example="mysql://mi_worker@127.0.0.1/his?password_file=bridge.password"),
    Key("concurrency", "whole", "mi worker 同时办理的请求数", "requests that mi worker has under way at the same time",
        limit=1000, example=16),
    Key("patience", "number", "网关不通、就诊占用等未发送的请求，从提交起重试多少秒后报 SYSTEM_ERROR",
        "seconds since its submission for which a request that could not be sent is tried again", limit=86400, example=60),
    Key("expire", "number", "结算、退费、登记类请求提交超过多少秒仍未办理即不再办理",
        "seconds after which a changing request that nobody took up is no longer sent", limit=86400, example=600),
    Key("lease", "number", "工作进程多少秒无心跳即视为已停止，其请求由其他进程接手",
        "seconds without a heartbeat after which a worker's requests are taken over", limit=3600, example=15),
    Key("keep_days", "whole", "已办结的请求与结果保留天数，之后由工作进程删除", "days that finished requests and results are kept",
        limit=36500, example=90),
))  # fmt: skip

SERVE: Final = Section((
    Key("host", "text", "监听地址；默认只有本机能访问", "address to listen on; by default this machine only", limit=200,
        example="127.0.0.1"),
    Key("port", "whole", "端口", "port", limit=65535, example=8790),
    Key("hosts", "texts", "允许的 Host 名称（本机名称与监听地址之外的，不含端口）",
        "names under which it may be addressed beside this machine's, without port", example=["mi.hospital.lan"]),
    Key("origins", "texts", "允许跨域调用的网页来源（完全一致），空为不允许",
        "web pages' origins that may call it, exactly; none by default", example=["http://his.hospital.lan:8080"]),
    Key("plain_http", "flag", "局域网内允许不加密的 HTTP（非本机地址须明示）",
        "plain HTTP beyond this machine, where no TLS is configured", example=False),
    Key("tls_cert", "path", "TLS 证书（PEM）", "TLS certificate, PEM", example="serve.pem"),
    Key("tls_key", "path", "TLS 私钥（PEM）", "its key, PEM", example="serve.key"),
    Key("token_file", "text", "令牌文件（只存散列，仅本人可读）", "file of tokens (hashes only, mode 0600)", limit=500,
        example="mi.serve.tokens"),
    Key("database", "text", "幂等键文件（重启后仍识别重复提交）", "file of idempotency keys", limit=500, example="mi.serve.db"),
    Key("rate", "number", "每个令牌每秒的请求数上限", "requests per second of one token", limit=100000, example=50),
    Key("body_seconds", "number", "收完一个请求的时限（秒）", "seconds in which a request must have come", limit=3600, example=30),
    Key("connections", "whole", "同时的连接数上限", "connections at once", limit=100000, example=500),
    Key("connections_of_one", "whole", "其中一个地址（一台机器）的上限；前面有反向代理时调大",
        "of them from one address; more where a proxy stands before it", limit=100000, example=100),
))  # fmt: skip

PLUGINS: Final = Section((
    Key("allow", "texts", "只加载这些插件包（可加版本 name==1.2、name>=1）；空为全部已安装的",
        "load only these distributions, optionally name==1.2 or name>=1", example=[]),
    Key("strict", "flag", "插件损坏时拒绝启动", "a broken plugin is an error", example=False),
))  # fmt: skip
