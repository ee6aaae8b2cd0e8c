#!/usr/bin/env bash
# Generates code from proto/ for Python, Java and Go as their users do, and checks that it can be imported and compiled.
#
#   bash test/clients/generate.sh              all three languages, in a temporary directory
#   bash test/clients/generate.sh <directory>  keeps the code, in python/, java/ and go/
#
# Not part of CI, because it needs Debian packages. Installs nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=test/clients/packages.sh
source test/clients/packages.sh
require_packages "${code_packages[@]}"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=${1:-$scratch}
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -rf "$out"/{python,java,go}
mkdir -p "$out"/{python,java/classes,go/src}

# Clients need no file of proto/third_party/grpc_*: grpc_health and grpc_reflection have packages in each language.
includes=(-I proto -I proto/third_party)
mapfile -t ours < <(cd proto && find moego -name '*.proto' | sort)
mapfile -t google < <(cd proto/third_party && find google -name '*.proto' | sort)
mapfile -t grpc < <(cd proto/third_party && find grpc_* -name '*.proto' | sort)

# Python: the files of google as well, which Debian does not package, and those of grpc, to see that they hide nothing.
protoc "${includes[@]}" --python_out="$out/python" \
  --plugin="protoc-gen-grpc_python=$(command -v grpc_python_plugin)" --grpc_python_out="$out/python" \
  "${ours[@]}" "${google[@]}" "${grpc[@]}"
# Tools that want packages write __init__.py files. Only google/ is shared with other packages, and has none.
find "$out/python" -type d -not -path "$out/python/google*" -exec touch {}/__init__.py \;
(cd "$out/python" && /usr/bin/python3 - <<'PYTHON'
import importlib
import pathlib
import sys

sys.path.insert(0, "")
files = sorted(pathlib.Path(".").rglob("*_pb2*.py"))
for file in files:
    importlib.import_module(".".join(file.with_suffix("").parts))
import grpc

own = pathlib.Path(grpc.__file__).resolve()
if pathlib.Path.cwd() in own.parents:
    sys.exit(f"The generated code hides grpcio: {own}")
print(f"Python {sys.version.split()[0]}, grpcio {grpc.__version__}: {len(files)} modules imported, grpc is {own}")
PYTHON
)

protoc "${includes[@]}" --java_out="$out/java" \
  --plugin="protoc-gen-grpc_java=$(command -v grpc_java_plugin)" --grpc_java_out="$out/java" "${ours[@]}" "${google[@]}"
jars=(protobuf grpc-api grpc-stub grpc-protobuf guava geronimo-annotation-1.3-spec)
find "$out/java" -name '*.java' >"$scratch/sources"
javac -nowarn -proc:none -d "$out/java/classes" -cp "$(printf '/usr/share/java/%s.jar:' "${jars[@]}")" "@$scratch/sources"
echo "Java: $(javac -version), $(wc -l <"$scratch/sources") files compiled"

# Debian's genproto has no google.type.Interval.
protoc "${includes[@]}" --go_out="$out/go/src" --go-grpc_out="$out/go/src" "${ours[@]}" google/type/interval.proto
(cd "$out/go/src" && GOPATH="$out/go:/usr/share/gocode" GO111MODULE=off go build ./...)
echo "Go: $(go version), $(find "$out/go/src" -type d -name 'v1' | wc -l) packages compiled"

# The other languages of the options: that protoc accepts them. Their compilers are not needed.
mkdir "$scratch"/{csharp,php,ruby,objc}
protoc "${includes[@]}" --csharp_out="$scratch/csharp" --csharp_opt=base_namespace= --php_out="$scratch/php" \
  --ruby_out="$scratch/ruby" --objc_out="$scratch/objc" "${ours[@]}" "${google[@]}"
# has <pattern> <file>
has() { grep -qE "$1" "$scratch/$2" || { echo "No $1 in the code generated to $2" >&2 && exit 1; }; }
has '^class Package ' php/Moego/Business/Package/V1/Package.php
has '^namespace Moego.Business.Package.V1 ' csharp/Moego/Business/Package/V1/Package.cs
has '@interface MGPKPackage ' objc/moego/business/package/v1/Package.pbobjc.h
has '^ +module Package$' ruby/moego/business/package/v1/package_pb.rb
echo "C#, PHP, Ruby, Objective-C: generated"
