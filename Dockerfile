# Built with the same commands as a checkout. The second stage has only what the server needs at run time. It writes
# nothing outside /data and needs no capability:
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges ...
# RELEASES.md says how to renew the digests.
FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY client/package.json client/package.json
# With optional dependencies, because buf is installed as one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json bundle.mjs generated.mjs buf.yaml buf.gen.yaml ./
COPY proto proto
COPY prisma prisma
COPY src src
# Removes the embedded PostgreSQL, also an optional dependency: a container uses DATABASE_URL.
RUN npm run --silent build \
  && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
WORKDIR /app
COPY package.json LICENSE ./
COPY bin bin
COPY prisma/migrations prisma/migrations
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# Used only with SEED_DEMO=1 and without DEMO_API_KEY and DEMO_API_KEY_2.
RUN mkdir /data && chown node:node /data
# Writable in a container whose root is read-only.
VOLUME /data
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
USER node
EXPOSE 8080 50051
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "const secure = Boolean(process.env.TLS_CERT_FILE); require(secure ? 'https' : 'http').get({ host: '127.0.0.1', port: process.env.HTTP_PORT || 8080, path: '/healthz', rejectUnauthorized: false }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# node is process 1 and handles SIGTERM: requests in flight finish within DRAIN_TIMEOUT_MS (8 s; docker stop waits 10 s).
CMD ["node", "dist/bundle/main.js"]
