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
} from "../../gen/proto/grpc_reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionV1Alpha } from "../../gen/proto/grpc_reflection/v1alpha/reflection_pb.js";
import { decodeBinary } from "./binary-input.js";
import { encodeBinary } from "./codec/binary.js";
import { grpcMethodOf } from "./grpc-codec.js";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/**
 * Serves reflection v1 and v1alpha, which have the same wire format. Needs no API key. Not `@grpc/reflection`: it loses
 * custom options, and with them the HTTP routes and scopes.
 *
 * @param services all listed gRPC services, including health
 */
export function addReflection(server: Server, services: readonly DescService[]): void {
  const listed = [...services, ServerReflection, ServerReflectionV1Alpha];
  const files = filesOf(listed);
  const types = createRegistry(...files.values());
  const contract = { listed, files, types, encode: encodeOnce() };

  function serve(call: ServerDuplexStream<Question, Buffer>): void {
    call.on("data", (question: Question) => {
      // Backpressure: read the next request only after the previous response was sent.
      call.pause();
      if (question === "UNREADABLE") call.emit("error", unreadable);
      else call.write(answerTo(question, contract), () => call.resume());
    });
    call.on("end", () => call.end());
  }

  const { serverReflectionInfo: rpc } = ServerReflection.method;
  for (const name of [ServerReflection.typeName, ServerReflectionV1Alpha.typeName]) {
    server.addService({ info: { ...grpcMethodOf(rpc, name), requestDeserialize: readQuestion } }, { info: serve });
  }
}

type Question = ServerReflectionRequest | "UNREADABLE";

const unreadable = { code: status.INVALID_ARGUMENT, details: "Invalid reflection request." };

/** A request contains only names. The response repeats it, and some requests are read ahead. */
const maxQuestionBytes = 4_096;

function readQuestion(bytes: Buffer): Question {
  if (bytes.length > maxQuestionBytes) return "UNREADABLE";
  try {
    return decodeBinary(ServerReflectionRequestSchema, bytes);
  } catch {
    return "UNREADABLE";
  }
}

interface Contract {
  readonly listed: readonly DescService[];
  /** By file name as used in imports. */
  readonly files: ReadonlyMap<string, DescFile>;
  readonly types: Registry;
  readonly encode: (file: DescFile) => Uint8Array;
}

function answerTo(originalRequest: ServerReflectionRequest, contract: Contract): Buffer {
  const messageResponse = answerOf(originalRequest, contract);
  const answer = { validHost: originalRequest.host, originalRequest, messageResponse };
  return encodeBinary(ServerReflectionResponseSchema, create(ServerReflectionResponseSchema, answer));
}

function answerOf({ messageRequest: asked }: ServerReflectionRequest, contract: Contract): Answer {
  const { listed, files, types } = contract;
  switch (asked.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: listed.map(({ typeName: name }) => ({ name })) } };
    case "fileByFilename":
      return fileAnswer(files.get(asked.value), contract);
    case "fileContainingSymbol":
      return fileAnswer(fileOf(types, asked.value), contract);
    case "fileContainingExtension": {
      const extendee = types.getMessage(asked.value.containingType);
      return fileAnswer(extendee && types.getExtensionFor(extendee, asked.value.extensionNumber)?.file, contract);
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
        value: { errorCode: status.INVALID_ARGUMENT, errorMessage: "The reflection request is empty." },
      };
    default:
      return asked satisfies never;
  }
}

/** The file that declares the type, or the owner of a method, field or enum value. */
function fileOf(types: Registry, symbol: string): DescFile | undefined {
  const owner = symbol.slice(0, Math.max(0, symbol.lastIndexOf(".")));
  return (types.get(symbol) ?? types.get(owner))?.file;
}

function fileAnswer(file: DescFile | undefined, { encode }: Contract): Answer {
  if (!file) return notFound();
  return {
    case: "fileDescriptorResponse",
    value: { fileDescriptorProto: [...withImports(file).values()].map(encode) },
  };
}

/** Encodes each file once, on first use: every client requests the same files. */
function encodeOnce(): (file: DescFile) => Uint8Array {
  const encoded = new Map<DescFile, Uint8Array>();
  return (file) => {
    const bytes = encoded.get(file) ?? toBinary(FileDescriptorProtoSchema, file.proto);
    encoded.set(file, bytes);
    return bytes;
  };
}

function notFound(): Answer {
  return {
    case: "errorResponse",
    value: { errorCode: status.NOT_FOUND, errorMessage: "File or symbol not found." },
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
