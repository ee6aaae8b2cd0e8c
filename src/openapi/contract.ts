import {
  createFileRegistry,
  type DescEnum,
  type DescEnumValue,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import {
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

type Commented = DescMessage | DescField | DescEnum | DescEnumValue | DescService | DescMethod;

/** The contract with its comments, which the generated code does not have. */
export interface Contract {
  readonly registry: FileRegistry;
  /** The comment above an element of this registry, as Markdown; "" if it has none. */
  commentOf(element: Commented): string;
}

/** @param descriptorSet a `FileDescriptorSet` with source information */
export function readContract(descriptorSet: Uint8Array): Contract {
  const set = fromBinary(FileDescriptorSetSchema, descriptorSet);
  const comments = new Map<string, ReadonlyMap<string, string>>();
  for (const { name, sourceCodeInfo } of set.file) {
    const locations = sourceCodeInfo?.location ?? [];
    comments.set(name, new Map(locations.map(({ path, leadingComments }) => [path.join(), leadingComments])));
  }
  return {
    registry: createFileRegistry(set),
    commentOf(element) {
      const comment = comments.get(fileOf(element).proto.name)?.get(pathOf(element).join()) ?? "";
      return comment.replaceAll(/^ /gm, "").trim();
    },
  };
}

function fileOf(element: Commented) {
  return element.kind === "enum_value" || element.kind === "field" || element.kind === "rpc"
    ? element.parent.file
    : element.file;
}

const fileFields = FileDescriptorProtoSchema.field;
const messageFields = DescriptorProtoSchema.field;

/** The path of field numbers and indexes by which `SourceCodeInfo` names an element. */
function pathOf(element: Commented): readonly number[] {
  const { kind } = element;
  switch (kind) {
    case "message":
      return element.parent
        ? [
            ...pathOf(element.parent),
            messageFields.nestedType.number,
            indexIn(element.parent.proto.nestedType, element),
          ]
        : [fileFields.messageType.number, indexIn(element.file.proto.messageType, element)];
    case "enum":
      return element.parent
        ? [...pathOf(element.parent), messageFields.enumType.number, indexIn(element.parent.proto.enumType, element)]
        : [fileFields.enumType.number, indexIn(element.file.proto.enumType, element)];
    case "field":
      return [...pathOf(element.parent), messageFields.field.number, indexIn(element.parent.proto.field, element)];
    case "enum_value":
      return [
        ...pathOf(element.parent),
        EnumDescriptorProtoSchema.field.value.number,
        indexIn(element.parent.proto.value, element),
      ];
    case "service":
      return [fileFields.service.number, indexIn(element.file.proto.service, element)];
    case "rpc":
      return [
        ...pathOf(element.parent),
        ServiceDescriptorProtoSchema.field.method.number,
        indexIn(element.parent.proto.method, element),
      ];
    default:
      return kind satisfies never;
  }
}

function indexIn(siblings: readonly unknown[], { proto }: { readonly proto: unknown }): number {
  return siblings.indexOf(proto);
}
