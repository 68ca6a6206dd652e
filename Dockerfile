# The service for production: how it is built, configured and run is in docs/operations.md.
#
# All stages stand on one image, so that what is installed in one of them runs in the others. To
# build from a mirror, or from exactly the same bytes every time, name another one or a digest:
# --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Compiling needs no install scripts; those that there are belong to tools of development.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE ormconfig.ts tsconfig.json tsconfig.build.json ./
COPY docker/healthcheck.mjs ./
COPY migrations migrations
COPY src src
COPY tools tools
# What starts PostgreSQL in development has no place beside one that serves.
# COPY keeps the modes of the machine that builds, and the service has to read what is there.
RUN npm run build && rm -rf dist/tools && chmod -R a+rX,go-w dist healthcheck.mjs package.json LICENSE

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The optional ones would bring the TypeScript compiler along, for a tool that does not run here.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG VERSION=unversioned
ARG REVISION=unknown
LABEL org.opencontainers.image.title="MIRA Auth" \
      org.opencontainers.image.description="Passwordless sign-in: mailed links and context-bound sessions on PostgreSQL" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Nothing is installed in a container that serves: who gets into one shall not find the tools.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx \
      /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-v*
ENV NODE_ENV=production
WORKDIR /app
# Everything belongs to root and is written by nobody: the root file system may be read-only.
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /build/package.json /build/LICENSE /build/healthcheck.mjs ./
COPY --from=build /build/dist dist
# The image's account `node`, as a number: Kubernetes' runAsNonRoot does not look names up.
USER 1000:1000
EXPOSE 3000
# The service finishes what it has begun, within ten seconds.
STOPSIGNAL SIGTERM
# Who restarts what is unhealthy must not do so because the database is away: so this asks whether
# the process lives. `healthcheck.mjs ready` asks whether it wants requests.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "healthcheck.mjs"]
# Without npm or a shell in between, which would keep the signal to themselves.
CMD ["node", "dist/src/app/main.js"]
