# The service, as it runs in a cluster. `docker build -t rewards .`; settings come from the environment (README.md).
# Pinned to a version; whoever builds for production pins the digest too: --build-arg NODE=node:22.23.3-bookworm-slim@sha256:…
ARG NODE=node:22.23.3-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ormconfig.ts ./
COPY migrations migrations
COPY src src
RUN npm run build

# What the service needs: no compiler, no tests, and no PostgreSQL of its own, which is for development.
FROM ${NODE} AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM ${NODE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist dist
# Root owns the files; the service may read them, and writes none.
USER node
EXPOSE 4000
# Live, not ready: a database that is away is no reason to be started again.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node is the first process and gets the signal itself. It ends by itself within 25 seconds.
STOPSIGNAL SIGTERM
CMD ["node", "dist/src/main.js"]
