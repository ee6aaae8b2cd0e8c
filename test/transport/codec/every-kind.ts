import { create, createFileRegistry, type DescMessage, type MessageInitShape, ScalarType } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

type Field = MessageInitShape<typeof FieldDescriptorProtoSchema>;

const fieldOf = (name: string, number: number, type: Type, more: Field = {}) =>
  create(FieldDescriptorProtoSchema, { ...{ name, number, type, label: Label.OPTIONAL, jsonName: name }, ...more });

const scalars = Object.values(ScalarType).filter((type): type is ScalarType => typeof type === "number");
const keys = scalars.filter((type) => ![ScalarType.DOUBLE, ScalarType.FLOAT, ScalarType.BYTES].includes(type));
const isPackable = (type: ScalarType) => ![ScalarType.STRING, ScalarType.BYTES].includes(type);

/**
 * A message with a field of every scalar type: alone, optional, in a oneof, in lists (packed and not), as key and as value
 * of maps; of itself, alone, in a list, in a oneof and in a map. Its numbers need tags of one to five bytes.
 */
export function everyKind(): DescMessage {
  const field: FieldDescriptorProto[] = [];
  const nestedType: DescriptorProto[] = [];
  const oneofs = ["choice"];
  let number = 0;
  const add = (name: string, type: Type, more: Field = {}) => {
    number += number < 40 ? 1 : number < 400_000 ? 9_973 : 500_009;
    field.push(fieldOf(name, number, type, more));
  };
  const addMap = (name: string, key: Type, value: Type, typeName?: string) => {
    const entryName = `${name.charAt(0).toUpperCase()}${name.slice(1)}Entry`;
    const entry = [fieldOf("key", 1, key), fieldOf("value", 2, value, typeName ? { typeName } : {})];
    nestedType.push(create(DescriptorProtoSchema, { name: entryName, field: entry, options: { mapEntry: true } }));
    add(name, Type.MESSAGE, { label: Label.REPEATED, typeName: `.test.Every.${entryName}` });
  };
  for (const type of scalars) {
    const name = ScalarType[type].toLowerCase();
    add(name, Number(type));
    add(`list${name}`, Number(type), { label: Label.REPEATED });
    if (isPackable(type)) add(`open${name}`, Number(type), { label: Label.REPEATED, options: { packed: false } });
    add(`choice${name}`, Number(type), { oneofIndex: 0 });
    addMap(`map${name}`, Type.STRING, Number(type));
  }
  for (const type of keys) addMap(`key${ScalarType[type].toLowerCase()}`, Number(type), Type.BOOL);
  add("self", Type.MESSAGE, { typeName: ".test.Every" });
  add("selves", Type.MESSAGE, { typeName: ".test.Every", label: Label.REPEATED });
  add("choiceself", Type.MESSAGE, { typeName: ".test.Every", oneofIndex: 0 });
  addMap("mapself", Type.INT32, Type.MESSAGE, ".test.Every");
  for (const type of scalars) {
    const name = `optional${ScalarType[type].toLowerCase()}`;
    oneofs.push(`_${name}`);
    add(name, Number(type), { proto3Optional: true, oneofIndex: oneofs.length - 1 });
  }
  const message = { name: "Every", field, nestedType, oneofDecl: oneofs.map((name) => ({ name })) };
  const file = create(FileDescriptorProtoSchema, {
    ...{ name: "test.proto", package: "test", syntax: "proto3" },
    messageType: [create(DescriptorProtoSchema, message)],
  });
  const found = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getMessage("test.Every");
  if (!found) throw new Error("the message was not built");
  return found;
}
