# One recipe for every image: `docker build --target portal .`; compose.yaml builds them all.
# Nothing is written at run time but to mounted folders, so the root file system may be read-only.

FROM node:20.20.2-bookworm-slim AS admin-ui
WORKDIR /build
COPY admin-ui/package.json admin-ui/package-lock.json admin-ui/.npmrc ./
RUN npm ci --no-progress
COPY admin-ui ./
RUN npm run build

FROM python:3.11.14-slim-bookworm AS base
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 GRPC_VERBOSITY=ERROR
WORKDIR /app
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin teachbase

# The lock constrains versions and hashes; what a service does not declare is not in its image.
FROM base AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy VIRTUAL_ENV=/venv
COPY bootstrap.lock requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps -r bootstrap.lock \
 && uv venv /venv && uv pip install --no-cache --constraint requirements.lock hatchling editables
COPY proto/gen proto/gen
COPY libs/kit libs/kit
RUN uv pip install --no-cache --constraint requirements.lock --no-build-isolation -e proto/gen -e libs/kit
# For the healthcheck.
COPY devstack/__init__.py devstack/healthy.py devstack/probes.py devstack/

FROM build AS build-bitrix
COPY libs/bitrix libs/bitrix
RUN uv pip install --no-cache --constraint requirements.lock --no-build-isolation -e libs/bitrix

FROM build-bitrix AS build-gateway
COPY gateway gateway
RUN uv pip install --no-cache --constraint requirements.lock --no-build-isolation -e gateway \
 && uv pip uninstall hatchling editables && python -m compileall -q /app

FROM build-bitrix AS build-portal
COPY portal-service portal-service
RUN uv pip install --no-cache --constraint requirements.lock --no-build-isolation -e portal-service \
 && uv pip uninstall hatchling editables && python -m compileall -q /app

FROM build-bitrix AS build-messaging
COPY messaging-service messaging-service
RUN uv pip install --no-cache --constraint requirements.lock --no-build-isolation -e messaging-service \
 && uv pip uninstall hatchling editables && python -m compileall -q /app

FROM build-bitrix AS build-delivery
COPY delivery-service delivery-service
RUN uv pip install --no-cache --constraint requirements.lock --no-build-isolation -e delivery-service \
 && uv pip uninstall hatchling editables && python -m compileall -q /app

FROM build AS build-billing
COPY billing-service billing-service
RUN uv pip install --no-cache --constraint requirements.lock --no-build-isolation -e billing-service \
 && uv pip uninstall hatchling editables && python -m compileall -q /app

# Roles, schemas and extensions of a Postgres that somebody else started: a job, before the migrations.
FROM build AS build-bootstrap
COPY devstack/bootstrap.py devstack/database.py devstack/
RUN uv pip uninstall hatchling editables && python -m compileall -q /app

FROM build AS build-certificates
COPY devstack/certificates.py devstack/
RUN uv pip uninstall hatchling editables && python -m compileall -q /app

# Every container listens on the same ports, so Envoy's configuration is filled in once, here.
FROM base AS build-envoy
ARG TB_BIND_ADDRESS TB_PORT TB_PUBLIC_PORT TB_GATEWAY_HOST TB_GATEWAY_PORT TB_ACCESS_LOG TB_PUBLIC_TLS_DIR
COPY envoy/envoy.yaml envoy/
COPY devstack/__init__.py devstack/envoy_config.py devstack/
RUN mkdir /etc/envoy && python -m devstack.envoy_config /etc/envoy

FROM envoyproxy/envoy:v1.40.0 AS envoy
ARG TB_PUBLIC_TLS_DIR
ENV TB_PUBLIC_TLS_DIR=$TB_PUBLIC_TLS_DIR
COPY --from=build-envoy /etc/envoy /etc/envoy
COPY envoy/start /usr/local/bin/start-envoy
USER 10001:10001
ENTRYPOINT ["start-envoy", "--log-level", "warning", "--disable-hot-restart", "--concurrency", "2"]

FROM base AS bootstrap
COPY --from=build-bootstrap /venv /venv
COPY --from=build-bootstrap /app /app
USER 10001:10001
ENTRYPOINT ["python", "-m", "devstack.bootstrap"]

FROM base AS certificates
COPY --from=build-certificates /venv /venv
COPY --from=build-certificates /app /app
RUN install -d -o 10001 -g 10001 /var/lib/teachbase/tls/authority /var/lib/teachbase/tls/gateway \
    /var/lib/teachbase/tls/portal /var/lib/teachbase/tls/messaging /var/lib/teachbase/tls/delivery \
    /var/lib/teachbase/tls/billing
USER 10001:10001
ENTRYPOINT ["python", "-m", "devstack.certificates", "/var/lib/teachbase/tls"]

FROM base AS gateway
COPY --from=build-gateway /venv /venv
COPY --from=build-gateway /app /app
COPY --from=admin-ui /build/dist /app/admin-ui/dist
# A volume laid over this folder takes its owner.
RUN install -d -o 10001 -g 10001 /var/lib/teachbase/spool
USER 10001:10001
ENTRYPOINT ["python", "-m", "edge"]
CMD ["serve"]

FROM base AS portal
COPY --from=build-portal /venv /venv
COPY --from=build-portal /app /app
USER 10001:10001
ENTRYPOINT ["python", "-m", "portal"]
CMD ["serve"]

FROM base AS messaging
COPY --from=build-messaging /venv /venv
COPY --from=build-messaging /app /app
RUN install -d -o 10001 -g 10001 /var/lib/teachbase/documents
USER 10001:10001
ENTRYPOINT ["python", "-m", "messaging"]
CMD ["serve"]

FROM base AS delivery
COPY --from=build-delivery /venv /venv
COPY --from=build-delivery /app /app
USER 10001:10001
ENTRYPOINT ["python", "-m", "delivery"]
CMD ["serve"]

FROM base AS billing
COPY --from=build-billing /venv /venv
COPY --from=build-billing /app /app
USER 10001:10001
ENTRYPOINT ["python", "-m", "billing"]
CMD ["serve"]
