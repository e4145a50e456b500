"""The health service of gRPC, without a compiled protocol. A line on its input says how many seconds an answer takes."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

SERVING = b"\x08\x01"  # field 1, `status`: 1
port, work = sys.argv[1], [float(sys.argv[2])]


def check(_request, _context):
    time.sleep(work[0])
    return SERVING


handler = grpc.unary_unary_rpc_method_handler(check)
server = grpc.server(ThreadPoolExecutor(64), options=[("grpc.so_reuseport", 0)])
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler})])
print(server.add_insecure_port(f"127.0.0.1:{port}"), flush=True)
server.start()
print("ready", flush=True)

for line in sys.stdin:
    work[0] = float(line)
server.stop(None)
