#!/bin/sh
# System packages: installed when this user may, named exactly when not. Never fails.
#   --base   what the library likes to have (libgl1, Pango for PDF reports, python3-venv)
#   (none)   also what the tests need: a browser, Chinese fonts, a PostgreSQL server, a spreadsheet program
set -u
mode=${1:-all}

missing=""
need() { missing="$missing $1"; }
ldconfig -p 2>/dev/null | grep -q 'libGL\.so\.1' || need libgl1
ldconfig -p 2>/dev/null | grep -q 'libglib-2\.0\.so\.0' || need libglib2.0-0
ldconfig -p 2>/dev/null | grep -q 'libpangoft2-1\.0\.so\.0' || need libpangoft2-1.0-0
if [ "$mode" != "--base" ]; then
  command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    command -v google-chrome >/dev/null 2>&1 || need chromium
  fc-list 2>/dev/null | grep -qiE 'CJK|WenQuanYi|Source Han' || need fonts-noto-cjk
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || need postgresql
  command -v soffice >/dev/null 2>&1 || command -v libreoffice >/dev/null 2>&1 || need libreoffice-calc-nogui
else
  python3 -c 'import ensurepip' 2>/dev/null || need python3-venv
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="no"; fi
if [ "$as_root" != "no" ] && command -v apt-get >/dev/null 2>&1; then
  echo "setup: installing system packages:$missing"
  $as_root apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 && exit 0
fi
echo "setup: these system packages are missing and could not be installed here:$missing"
echo "setup: what needs them is skipped; to have it: apt-get install$missing"
exit 0
