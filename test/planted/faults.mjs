// Faults that once passed every test. Each says where it is planted, and which test must fail then.

/** Faults in one file, with the same fields for all of them. */
const within = (file, faults) => faults.map((fault) => ({ file, ...fault }));

const settings = "test/server/settings.test.ts";
const reaches = (variable) => ({ test: settings, name: `${variable} reaches the running service` });

const dropped = within("src/app.ts", [
  {
    fault: "TRUSTED_PROXIES is dropped before the pipeline",
    from: "const { trustedProxies, rateLimits, callsInFlightPerCompany } = config;",
    to: "const { rateLimits, callsInFlightPerCompany } = config; const trustedProxies: string[] = [];",
    ...reaches("TRUSTED_PROXIES"),
  },
  {
    fault: "CORS_ORIGINS is dropped",
    from: "corsOrigins: config.corsOrigins,",
    to: "corsOrigins: [],",
    ...reaches("CORS_ORIGINS"),
  },
  {
    fault: "the gRPC port is without TLS",
    from: "startGrpcServer({ ...listen, port: config.grpcPort, services, run, stream, refuse })",
    to: "startGrpcServer({ host: listen.host, port: config.grpcPort, services, run, stream, refuse })",
    ...reaches("TLS_CERT_FILE"),
  },
  ...["STATEMENT_TIMEOUT", "LOCK_TIMEOUT", "IDLE_TRANSACTION_TIMEOUT"].map((limit) => ({
    fault: `DATABASE_${limit}_MS is dropped`,
    from: "const connection = { ...limits, url: databaseUrl,",
    to: "void limits; const connection = { url: databaseUrl,",
    ...reaches(`DATABASE_${limit}_MS`),
  })),
  {
    fault: "DATABASE_POOL_SIZE is dropped",
    from: "openDatabase({ ...connection, size: poolSize })",
    to: "openDatabase({ ...connection })",
    ...reaches("DATABASE_POOL_SIZE"),
  },
  {
    fault: "DATABASE_POOL_WAIT_MS is dropped",
    from: "waitMs: poolWaitMs, ",
    to: "",
    ...reaches("DATABASE_POOL_WAIT_MS"),
  },
  {
    fault: "the clean-up never starts",
    from: "const cleanup = cleansUp ? startCleanup(",
    to: "void startCleanup; const cleanup = cleansUp ? ((_options: unknown) => ({ stop: async () => {} }))(",
    test: "test/faults/app-cleanup.test.ts",
    name: "the service cleans up from its start on",
  },
  {
    fault: "a stop does not wait for the clean-up",
    from: "servers.stop(config.drainTimeoutMs + answerMs), cleanup?.stop()]",
    to: "servers.stop(config.drainTimeoutMs + answerMs), void cleanup?.stop()]",
    test: "test/faults/app-cleanup.test.ts",
    name: "the service cleans up from its start on",
  },
  {
    fault: "outbound calls are not counted",
    from: "observe: metrics.countOutbound }",
    to: "}",
    test: "test/server/metrics.test.ts",
    name: "counts calls of external APIs by their outcome",
    inDist: true,
  },
]);

const ofServer = [
  {
    fault: "LOG_FORMAT is dropped",
    file: "src/server-process.ts",
    from: "createLogger(log, logLines)",
    to: 'createLogger({ ...log, format: "json" }, logLines)',
    test: "test/server/metrics.test.ts",
    name: "logs lines for people where LOG_FORMAT says so",
    inDist: true,
  },
  {
    fault: "refused requests are counted as OK",
    file: "src/server/pipeline/observe.ts",
    from: "const code = Code[status.code];\n    metrics",
    to: 'const code = "OK";\n    metrics',
    test: "test/server/metrics.test.ts",
    name: "counts requests that reach no rpc",
    inDist: true,
  },
  {
    fault: "a credential is logged",
    file: "src/server/pipeline/observe.ts",
    from: "    clientAddress: recordedAddress(record.clientAddress,",
    to: '    sent: call.header("authorization"),\n    clientAddress: recordedAddress(record.clientAddress,',
    test: "test/transport/every-transport.test.ts",
    name: "logs no credential",
  },
  {
    fault: "a credential is logged, for the suite of every rpc",
    file: "src/server/pipeline/observe.ts",
    from: "    clientAddress: recordedAddress(record.clientAddress,",
    to: '    sent: call.header("authorization"),\n    clientAddress: recordedAddress(record.clientAddress,',
    test: "test/suites/every-rpc.test.ts",
    // That test judges the calls of the others.
    name: "GetCustomer on rest",
  },
  {
    fault: "the deadline of a handler is doubled over gRPC",
    file: "src/server/transport/grpc.ts",
    from: "timeoutMs: deadlineMs - Date.now() }",
    to: "timeoutMs: 2 * (deadlineMs - Date.now()) }",
    test: "test/transport/timeouts.test.ts",
    name: "as the deadline of a gRPC client",
  },
  {
    fault: "the unit u of grpc-timeout is tenfold",
    file: "src/server/transport/http-message.ts",
    from: "u: 0.001,",
    to: "u: 0.01,",
    test: "test/transport/timeouts.test.ts",
    name: "as grpc-timeout 9000000u",
  },
  ...within("src/server/transport/cors.ts", [
    {
      fault: "CORS does not allow moego-company",
      from: "  companyHeader,\n  requestIdHeader,",
      to: "  requestIdHeader,",
      test: "test/transport/cors.test.ts",
      name: "allows what pages, tracing and the clients of every protocol send",
    },
    {
      fault: "CORS does not expose idempotency-replayed",
      from: "  idempotencyReplayedHeader,\n",
      to: "",
      test: "test/transport/cors.test.ts",
      name: "exposes every header of its answers",
    },
  ]),
  {
    fault: "readyz is 200 without its check",
    file: "src/app.ts",
    from: "checks: { database: () => isDatabaseReachable(probe) },",
    to: "checks: {},",
    test: "test/server/settings.test.ts",
    name: "is not ready while its database lets nobody in",
  },
];

const ofOutbound = [
  {
    fault: "the timer for connecting ends slow answers",
    file: "src/outbound/outbound-calls.ts",
    from: "openConnection(route, ending.signal).finally(stopConnecting)",
    to: "openConnection(route, ending.signal); release.push(stopConnecting)",
    test: "test/outbound/limits.test.ts",
    name: "gives an answer all its time once it is connected",
  },
  {
    fault: "the bytes behind an endless empty compression are unbounded",
    file: "src/outbound/exchange.ts",
    from: "if (bytes > maxWireBytes)",
    to: "if (bytes < 0 && maxWireBytes > 0)",
    test: "test/outbound/limits.test.ts",
    name: "that never becomes anything",
  },
];

const errors = { file: "src/db/database-errors.ts", test: "test/persistence/errors.test.ts" };

const ofStorage = [
  { ...errors, fault: "a full disk is a defect", from: '  "53100": unavailable,\n', to: "", name: "53100 is" },
  { ...errors, fault: "no memory is a defect", from: '  "53200": unavailable,\n', to: "", name: "53200 is" },
  {
    ...errors,
    fault: "a full disk is overload",
    from: '"53100": unavailable',
    to: '"53100": atLimit',
    name: "53100 is",
  },
  { ...errors, fault: "no memory is overload", from: '"53200": unavailable', to: '"53200": atLimit', name: "53200 is" },
  {
    fault: "idempotency records live 24 minutes",
    file: "src/db/idempotent-write.ts",
    from: '"24 hours"',
    to: '"24 minutes"',
    test: "test/rpc/idempotency.test.ts",
    name: "is free after 24 hours",
  },
  {
    fault: "a clean-up does not wait for its run",
    file: "src/db/cleanup.ts",
    from: "      await running;\n",
    to: "",
    test: "test/faults/cleanup.test.ts",
    name: "ends only with the run under way",
  },
  {
    fault: "an imported email is not case-folded",
    file: "src/db/contact-columns.ts",
    from: "email_key: foldCase(email)",
    to: "email_key: email",
    test: "test/rpc/phone-and-email.test.ts",
    name: "of every write is found whatever its case",
  },
  {
    fault: "a numbered page that is short by one row is accepted",
    file: "src/api/page-token.ts",
    from: "shown.length < asked.length",
    to: "shown.length < asked.length - 1",
    test: "test/rpc/answer-size.test.ts",
    name: "refuses a page of which rows would be lost",
  },
];

const ofResources = [
  {
    fault: "a change of a lead does not lock it",
    file: "src/resources/leads/lead-change.repository.ts",
    from: "\n    FOR NO KEY UPDATE`",
    to: "`",
    test: "test/rpc/lead-update.test.ts",
    name: "for the etag before a change that it has waited for",
  },
  {
    fault: "a concurrent duplicate that waited for the last place is refused",
    file: "src/resources/customers/customer.repository.ts",
    from: "return row.counted && (quotaRefusals > 1 || !write.claim);",
    to: "return row.counted;",
    test: "test/faults/quota.test.ts",
    name: "gives a concurrent duplicate that waited for the last place the answer",
  },
  {
    fault: "a sale does not lock its customer",
    file: "src/resources/packages/package-sale-facts.repository.ts",
    from: "ORDER BY c.id FOR KEY SHARE`",
    to: "ORDER BY c.id`",
    test: "test/rpc/package-changes.test.ts",
    name: "waits for whoever erases its customer",
  },
  {
    fault: "an unchanged archived staff id is refused",
    file: "src/resources/customers/customer-update.service.ts",
    from: "assignedStaffId && assignedStaffId !== customer.assignedStaffId",
    to: "assignedStaffId",
    test: "test/rpc/update-customer.test.ts",
    name: "takes back what a customer points to",
  },
  {
    fault: "an edited pet note keeps author and time",
    file: "src/resources/pets/pet-writer.repository.ts",
    from: "data: { content, ...noteStamp } });",
    to: "data: { content } });",
    test: "test/rpc/lead-update.test.ts",
    name: "give a note that is edited the author and time",
  },
  {
    fault: "a rotation overwrites a secret that was changed meanwhile",
    file: "src/resources/external-apis/secret-rotation.repository.ts",
    from: "\n     AND s.sealed = n.old",
    to: "",
    test: "test/server/secrets-cli.test.ts",
    name: "leaves a secret that is changed while it runs",
  },
  {
    fault: "every error of a pet import is told as no owner",
    file: "src/resources/pets/pet-import.repository.ts",
    from: "if (error instanceof DomainError && absent.includes(error.reason)) return false;\n    throw error;",
    to: "void error; void DomainError; void absent; return false;",
    test: "test/rpc/pet-import.test.ts",
    name: "that fails at the lock of its owner says why",
  },
  {
    fault: "the last use of a key is noted hourly, by the process",
    file: "src/resources/api-keys/key-check.service.ts",
    from: "const touchIntervalMs = 60_000;",
    to: "const touchIntervalMs = 3_600_000;",
    test: "test/domain/api-keys.test.ts",
    name: "notes the use of a key once a minute",
  },
  {
    fault: "the last use of a key is noted hourly, by the statement",
    file: "src/resources/api-keys/key-check.repository.ts",
    from: "interval '1 minute'",
    to: "interval '1 hour'",
    test: "test/rpc/api-keys.test.ts",
    name: "is noted once a minute, whichever process",
  },
];

/** Planted by a reader who had not written the tests. */
const ofReader = [
  {
    fault: "the latency of calls is in milliseconds",
    file: "src/server/metrics.ts",
    from: "durationMs / 1_000",
    to: "durationMs",
    test: "test/server/metrics.test.ts",
    name: "keeps the metrics of two services in one process apart",
  },
  {
    fault: "Vary is sent to allowed origins alone",
    file: "src/server/transport/cors.ts",
    from: '      vary: "Origin",\n      ...(allowed ? {',
    to: '      ...(allowed ? { vary: "Origin",',
    test: "test/transport/http.test.ts",
    name: "tells other origins nothing",
  },
  {
    fault: "a server that drains is ready",
    file: "src/server/transport/health.ts",
    from: 'isDraining ? "draining" : "ok"',
    to: '"ok"',
    test: "test/transport/http.test.ts",
    name: "tell whether the server is draining",
  },
  {
    fault: "archived entries have no limit",
    file: "src/db/growth.ts",
    from: "limit * archivedShare))",
    to: "Number.MAX_SAFE_INTEGER))",
    test: "test/rpc/company-limits.test.ts",
    name: "bounds archived entries as well",
  },
  {
    fault: "changes of a company do not wait for each other",
    file: "src/db/company-records.ts",
    from: "} FOR NO KEY UPDATE`,\n    work",
    to: "}`,\n    work",
    test: "test/rpc/company-limits.test.ts",
    name: "gives the last place to one of two that wait",
  },
  {
    fault: "a changed secret is not named in the audit log",
    file: "src/db/company-records.ts",
    from: "const all = [...fields, ...(done.fields ?? [])];",
    to: "const all = [...fields];",
    test: "test/rpc/external-api-secrets.test.ts",
    name: "is named as changed in the audit log",
  },
  {
    fault: "a package is valid at the moment of its end",
    file: "src/resources/packages/package-validity.model.ts",
    from: "(!endTime || at < endTime)",
    to: "(!endTime || at <= endTime)",
    test: "test/rpc/package-redemption.test.ts",
    name: "judges the package by that time",
  },
];

export const faults = [...dropped, ...ofServer, ...ofOutbound, ...ofStorage, ...ofResources, ...ofReader];
