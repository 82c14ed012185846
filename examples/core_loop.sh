#!/usr/bin/env bash
# The core loop of Lá Lành with curl: somebody asks for help, a volunteer nearby finds it, takes it and delivers,
# it is confirmed, and the official of the ward has it in their spreadsheet.
#
#   examples/core_loop.sh                                  against http://127.0.0.1:8000
#   BASE_URL=https://lalanh.example examples/core_loop.sh  against another site with demo data
#
# Needs bash, curl and python3. Ends with an error at the first thing that is not as it should be.
set -euo pipefail

base=${BASE_URL:-http://127.0.0.1:8000}
base=${base%/}
password=la-lanh-demo
volunteer_phone=0900000002
official_phone=0900000005 # responsible for Phường Bến Thành
lat=10.771$((RANDOM % 10)) lon=106.694$((RANDOM % 10)) # in Phường Bến Thành, another household every time
phone=$((900005000 + RANDOM % 5000))

for tool in curl python3; do
    command -v "$tool" >/dev/null || { echo "This needs $tool." >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
say() { printf '   %s\n' "$*"; }
fail() { printf '\nFAILED: %s\n' "$*" >&2; exit 1; }

# call EXPECTED_STATUS METHOD PATH [curl options]: leaves the answer in $work/answer.
call() {
    local expected=$1 method=$2 path=$3 status
    shift 3
    status=$(curl --silent --show-error --max-time 30 --output "$work/answer" --write-out '%{http_code}' \
        --request "$method" --header 'Accept: application/json' \
        --header 'Content-Type: application/json' "$@" "$base$path") || fail "no answer from $base"
    say "$method $path → $status"
    if [ "$status" != "$expected" ]; then
        cat "$work/answer" >&2
        fail "expected $expected"
    fi
}

# json EXPRESSION: a value out of the last answer; the answer is called `it`.
json() {
    python3 -c 'import json, sys; it = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/answer" "$1"
}

# token_of PHONE: a fresh token for the API.
token_of() {
    call 201 POST /api/v1/tokens --data "{\"phone\": \"$1\", \"password\": \"$password\"}" >&2
    json 'it["token"]'
}

step "1. Somebody asks for help, without an account"
key="core-loop-$(date +%s)-$$"
request=$(cat <<JSON
{
  "category": "essentials",
  "needs": [{"item": "Gạo", "quantity": 10, "unit": "kg"}, {"item": "Sữa", "quantity": 4, "unit": "hộp"}],
  "description": "Nhà có em bé, hẻm bị phong tỏa.",
  "lat": $lat, "lon": $lon, "address": "12/3 Nguyễn Trãi",
  "contact_name": "Cô Năm", "contact_phone": "0$phone",
  "household_size": 4, "vulnerabilities": ["children"], "urgency": "urgent", "on_behalf": false
}
JSON
)
call 201 POST /api/v1/cases --header "Idempotency-Key: $key" --data "$request"
code=$(json 'it["code"]')
ward=$(json 'it["area"]["name"]')
tracking=$(json 'it["tracking_url"].rstrip("/").rsplit("/", 1)[-1]')
say "case $code in $ward"

step "2. The phone sends it again over a bad line: still one case"
call 201 POST /api/v1/cases --header "Idempotency-Key: $key" --data "$request"
[ "$(json 'it["code"]')" = "$code" ] || fail "the same key made a second case"
say "the same case $code"

step "3. Strangers see what is needed, not who and where exactly"
call 200 GET "/api/v1/cases/$code"
[ "$(json 'it.get("contact")')" = None ] || fail "a stranger sees the contact"
near=$(json '"%s,%s" % (it["lat"], it["lon"])')
call 200 GET "/api/v1/cases?near=$near&radius_m=5000&limit=5"
nearest=$(json 'it["features"][0]["properties"]["code"]')
say "$(json '"; ".join("%s %d m" % (f["properties"]["code"], f["properties"]["distance_m"]) for f in it["features"])')"
[ "$nearest" = "$code" ] || fail "$nearest is nearer than $code"
say "the nearest is $code"

step "4. A volunteer takes it"
token=$(token_of "$volunteer_phone")
call 201 POST "/api/v1/cases/$code/claims" --header "Authorization: Bearer $token" --data '{}'
claim=$(json 'it["id"]')
say "claim $claim until $(json 'it["lease_until"]')"
call 200 GET "/api/v1/cases/$code" --header "Authorization: Bearer $token"
[ "$(json 'it["contact"]["contact_name"]')" = "Cô Năm" ] || fail "the volunteer does not see the contact"
say "status $(json 'it["status"]'); the volunteer now sees the name, the phone and the door"

step "5. Nobody else can take it any more"
second=$(token_of 0900000008)
call 409 POST "/api/v1/cases/$code/claims" --header "Authorization: Bearer $second" --data '{}'
say "$(json 'it["detail"]')"

step "6. It is delivered, and confirmed with the tracking secret"
call 200 POST "/api/v1/claims/$claim/deliver" --header "Authorization: Bearer $token"
call 200 POST "/api/v1/cases/$code/confirm" --header "X-Tracking-Token: $tracking"
[ "$(json 'it["status"]')" = closed ] || fail "not closed"
say "status closed"

step "7. The official of the ward has it in their spreadsheet"
official=$(token_of "$official_phone")
call 200 GET "/api/v1/exports/cases.csv?status=closed" --header "Authorization: Bearer $official" --header 'Accept: text/csv'
python3 - "$work/answer" "$code" <<'PYTHON'
import csv
import sys

with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
    rows = [row for row in csv.DictReader(file) if sys.argv[2] in row.values()]
if len(rows) != 1:
    sys.exit(f"\nFAILED: {len(rows)} rows for {sys.argv[2]} in the export")
print("   " + " | ".join(value for value in list(rows[0].values())[:8] if value))
PYTHON

for each in "$token" "$second" "$official"; do
    call 204 DELETE /api/v1/tokens/current --header "Authorization: Bearer $each"
done
printf '\n\033[1mThe whole loop works.\033[0m\n'
