// @connectrpc/connect names this DOM type, which @types/node does not declare globally.
type HeadersInit = ConstructorParameters<typeof Headers>[0];
