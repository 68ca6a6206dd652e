# The service for production. docs/operations.md describes how to build, configure and run it.
#
# All stages use the same base image, so that what one stage installs runs in the others. To build
# from a mirror or from a pinned digest: --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Compiling needs no install scripts. Only development tools have any.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE ormconfig.ts tsconfig.json tsconfig.build.json ./
COPY docker/healthcheck.mjs ./
COPY migrations migrations
COPY src src
COPY tools tools
# dist/tools starts PostgreSQL in development and does not belong in production.
# COPY keeps the file modes of the build machine, but the service must be able to read its files.
RUN npm run build && rm -rf dist/tools && chmod -R a+rX,go-w dist healthcheck.mjs package.json LICENSE

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Optional dependencies would add the TypeScript compiler, for a tool that does not run here.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG VERSION=unversioned
ARG REVISION=unknown
LABEL org.opencontainers.image.title="MIRA Auth" \
      org.opencontainers.image.description="Passwordless sign-in: mailed links and context-bound sessions on PostgreSQL" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A running container installs nothing, so an intruder should not find package managers in it.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx \
      /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-v*
ENV NODE_ENV=production
WORKDIR /app
# Root owns all files and nothing writes to them, so the root file system may be read-only.
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /build/package.json /build/LICENSE /build/healthcheck.mjs ./
COPY --from=build /build/dist dist
# The image's account `node`, by number: Kubernetes' runAsNonRoot does not resolve names.
USER 1000:1000
EXPOSE 3000
# On SIGTERM the service finishes requests under way, within ten seconds.
STOPSIGNAL SIGTERM
# Checks only that the process is alive, because unhealthy containers may be restarted, which would
# not help against an unavailable database. `healthcheck.mjs ready` checks if it can take requests.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "healthcheck.mjs"]
# Started without npm or a shell, which would not forward the signal.
CMD ["node", "dist/src/app/main.js"]
