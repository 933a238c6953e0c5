#!/bin/sh
# mi serve 的 curl 示例：查询参保人，读取错误，用操作号查询结果。
# 运行：sh settle.sh http://127.0.0.1:8790 令牌 机构编号 证件号码 姓名
# 令牌经标准输入交给 curl，不出现在进程列表里。
set -eu
url="$1/v1/institutions/$3"
head() { printf 'header = "Authorization: Bearer %s"\n' "$1"; }
text() { printf '%s' "$1" | sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p"; }
amount() { printf '%s' "$1" | sed -n "s/.*\"$2\":\(-\{0,1\}[0-9.]*\).*/\1/p"; }

input='{"input":{"data":{"mdtrt_cert_type":"02","mdtrt_cert_no":"'$4'","psn_cert_type":"01","certno":"'$4'","psn_name":"'$5'"}}}'
person=$(head "$2" | curl -sS -K - -H 'Content-Type: application/json' -d "$input" "$url/calls/1101")
if [ -z "$(text "$person" psn_name)" ]; then
  echo "失败 $(text "$person" code)：$(text "$person" message)；$(text "$person" hint)"
  exit 1
fi
echo "姓名 $(text "$person" psn_name) 余额 $(amount "$person" balc)"

# 变更类交易（结算、退费、登记……）必须给出 Idempotency-Key：本单的唯一编号，重试时用同一个，另一单用另一个。
wrong=$(head "$2" | curl -sS -K - -H 'Content-Type: application/json' -H 'Idempotency-Key: bill-1' -w '%{http_code}' \
  -d '{"input":{"data":{}}}' "$url/calls/2207")
field=$(printf '%s' "$wrong" | sed -n 's/^{"code":"[^"]*","message":"[^"]*","field":"\([^"]*\)".*/\1/p')
code=$(printf '%s' "$wrong" | sed -n 's/^{"code":"\([^"]*\)".*/\1/p')
echo "${wrong##*\}} $code $field"

operation=$(head "$2" | curl -sS -K - "$url/operations/$(text "$person" operation)")
echo "操作 $(text "$operation" status)"
