import {
  create,
  createRegistry,
  type DescFile,
  type DescService,
  type MessageInitShape,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type Server, type ServerDuplexStream, status } from "@grpc/grpc-js";
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "../gen/proto/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionV1Alpha } from "../gen/proto/grpc/reflection/v1alpha/reflection_pb.js";
import { decodeBinary } from "./binary-input.js";
import { encodeBinary, grpcMethodOf } from "./grpc-method.js";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/**
 * Serves reflection v1 and v1alpha, whose messages are the same on the wire; needs no key. Written here, since
 * `@grpc/reflection` loses custom options, and with them the routes and the scopes.
 *
 * @param services all services that are told, health included
 */
export function addReflection(server: Server, services: readonly DescService[]): void {
  const listed = [...services, ServerReflection, ServerReflectionV1Alpha];
  const files = filesOf(listed);
  const types = createRegistry(...files.values());

  function serve(call: ServerDuplexStream<Buffer, Buffer>): void {
    call.on("data", (bytes: Buffer) => {
      try {
        const originalRequest = decodeBinary(ServerReflectionRequestSchema, bytes);
        const messageResponse = answerTo(originalRequest, { listed, files, types });
        const answer = { validHost: originalRequest.host, originalRequest, messageResponse };
        call.write(encodeBinary(ServerReflectionResponseSchema, create(ServerReflectionResponseSchema, answer)));
      } catch {
        call.emit("error", { code: status.INVALID_ARGUMENT, details: "The reflection request cannot be read." });
      }
    });
    call.on("end", () => call.end());
  }

  const { serverReflectionInfo: rpc } = ServerReflection.method;
  server.addService({ info: grpcMethodOf(rpc) }, { info: serve });
  server.addService({ info: grpcMethodOf(rpc, ServerReflectionV1Alpha.typeName) }, { info: serve });
}

interface Contract {
  readonly listed: readonly DescService[];
  /** By file name as imports spell it. */
  readonly files: ReadonlyMap<string, DescFile>;
  readonly types: Registry;
}

function answerTo({ messageRequest: asked }: ServerReflectionRequest, { listed, files, types }: Contract): Answer {
  switch (asked.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: listed.map(({ typeName: name }) => ({ name })) } };
    case "fileByFilename":
      return fileAnswer(files.get(asked.value));
    case "fileContainingSymbol":
      return fileAnswer(fileOf(types, asked.value));
    case "fileContainingExtension": {
      const extendee = types.getMessage(asked.value.containingType);
      return fileAnswer(extendee && types.getExtensionFor(extendee, asked.value.extensionNumber)?.file);
    }
    case "allExtensionNumbersOfType": {
      const baseTypeName = asked.value;
      if (!types.getMessage(baseTypeName)) return notFound();
      const extensionNumber = [...types].flatMap((type) =>
        type.kind === "extension" && type.extendee.typeName === baseTypeName ? [type.number] : [],
      );
      return { case: "allExtensionNumbersResponse", value: { baseTypeName, extensionNumber } };
    }
    case undefined:
      return {
        case: "errorResponse",
        value: { errorCode: status.INVALID_ARGUMENT, errorMessage: "Nothing was asked." },
      };
    default:
      return asked satisfies never;
  }
}

/** The file that declares a type, or the owner of a method, field or enum value. */
function fileOf(types: Registry, symbol: string): DescFile | undefined {
  const owner = symbol.slice(0, Math.max(0, symbol.lastIndexOf(".")));
  return (types.get(symbol) ?? types.get(owner))?.file;
}

function fileAnswer(file: DescFile | undefined): Answer {
  if (!file) return notFound();
  const fileDescriptorProto = [...withImports(file).values()].map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function notFound(): Answer {
  return {
    case: "errorResponse",
    value: { errorCode: status.NOT_FOUND, errorMessage: "The contract has no such file or symbol." },
  };
}

function filesOf(services: readonly DescService[]): ReadonlyMap<string, DescFile> {
  const found = new Map<string, DescFile>();
  for (const { file } of services) withImports(file, found);
  return found;
}

function withImports(file: DescFile, found = new Map<string, DescFile>()): Map<string, DescFile> {
  if (found.has(file.proto.name)) return found;
  found.set(file.proto.name, file);
  for (const dependency of file.dependencies) withImports(dependency, found);
  return found;
}
