"""The whole stack on one machine, without root and without a container engine."""

import os

# gRPC starts its threads anew in every forked child, and a child with threads may not enter a user namespace
# (unshare(2): EINVAL), where Postgres has to run for root. Nothing that is forked here speaks gRPC before exec.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
