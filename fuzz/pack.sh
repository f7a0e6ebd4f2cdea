#!/usr/bin/env bash
# Packs the corpus of fuzz targets: fuzz/target/corpus/TARGET/ becomes fuzz/corpus/TARGET.tar.gz.
#
#     fuzz/pack.sh [TARGET]...
#
# Without a TARGET, all unpacked targets are packed. The same inputs give the same bytes. GNU tar is needed.
set -euo pipefail
cd "$(dirname "$0")"

if [ $# -eq 0 ]; then
    mapfile -t targets < <(ls target/corpus)
else
    targets=("$@")
fi

mkdir -p corpus
for target in "${targets[@]}"; do
    (cd "target/corpus/$target" && LC_ALL=C tar --sort=name --mtime=@0 --owner=0 --group=0 \
        --numeric-owner --mode=u=rw,go=r --format=ustar --create -- *) |
        gzip --no-name --best >"corpus/$target.tar.gz"
done
