import { type DescMessage, isMessage } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";

/** Whether a message says nothing: all its texts are blank, and its messages say nothing. */
export function isEmptyMessage(schema: DescMessage, message: unknown): boolean {
  return isMessage(message, schema) && isEmpty(reflect(schema, message));
}

function isEmpty(message: ReflectMessage): boolean {
  return message.fields.every((field) => {
    if (!message.isSet(field)) return true;
    if (field.fieldKind === "message") return isEmpty(message.get(field));
    return field.fieldKind === "scalar" && String(message.get(field)).trim() === "";
  });
}
