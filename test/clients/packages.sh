# shellcheck shell=bash
# Which Debian packages the scripts beside this file need.
code_packages=(
  protobuf-compiler libprotobuf-dev
  python3-grpcio python3-protobuf protobuf-compiler-grpc
  default-jdk-headless libprotobuf-java libgrpc-java protobuf-compiler-grpc-java-plugin libgeronimo-annotation-1.3-spec-java
  golang-go golang-google-grpc-dev golang-github-golang-protobuf-1-5-dev protoc-gen-go protoc-gen-go-grpc
)

# require_packages <package>...: stops with the names of those that are missing.
require_packages() {
  local missing=() package
  command -v dpkg-query >/dev/null || { echo "This script needs Debian or a system with its packages." >&2 && exit 2; }
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]} == 0)) && return
  echo "Missing Debian packages. Install them with:" >&2
  echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 2
}

is_installed() {
  # Any JDK will do.
  if [[ $1 == default-jdk-headless ]]; then command -v javac >/dev/null; return; fi
  dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}
