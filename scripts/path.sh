# Sourced: puts the Go that scripts/install has fetched before any other in PATH; where none was fetched, does nothing.
drover_tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/tools
if [ -x "$drover_tools/go/bin/go" ]; then
  export PATH=$drover_tools/go/bin:$PATH GOTOOLCHAIN=local
fi
