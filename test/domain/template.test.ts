import fc from "fast-check";
import { expect, it } from "vitest";
import { isTemplate, renderTemplate, variablesOf } from "../../src/core/template.js";

const values = new Map([
  ["a", "1"],
  ["node.key-2", "two"],
]);

it("names each variable once, whatever white space stands inside the braces", () => {
  expect(variablesOf("{{a}} and {{ node.key-2 }}, {{a}}")).toEqual(["a", "node.key-2"]);
  expect(variablesOf("no variable, { {a} }, {a}")).toEqual([]);
});

it("replaces variables by their values, and one without a value by nothing", () => {
  expect(renderTemplate("<{{a}}|{{ node.key-2 }}|{{b}}>", values, 100)).toBe("<1|two|>");
});

it("never reads a value as a template, nor as a pattern of replacement", () => {
  const nested = new Map([
    ["a", "{{b}}"],
    ["b", "$& $1 {{a}}"],
  ]);
  expect(renderTemplate("{{a}}{{b}}", nested, 100)).toBe("{{b}}$& $1 {{a}}");
  const rendered = (value: string) => renderTemplate("[{{x}}]", new Map([["x", value]]), 1_000);
  fc.assert(fc.property(fc.string(), (value) => rendered(value) === `[${value}]`));
});

it("tells a template whose braces name no variable", () => {
  for (const good of ["", "text", "{{a}}", "{a}", "}}", "{{ a }} {{b.c}}"]) expect(isTemplate(good), good).toBe(true);
  for (const bad of ["{{", "{{}}", "{{a}", "{{1a}}", "{{a b}}", "{{a}} {{constructor()}}"])
    expect(isTemplate(bad), bad).toBe(false);
});

it("stops as soon as the text is too long, whatever the template would expand to", () => {
  const long = new Map([["x", "v".repeat(65_536)]]);
  // 1 GiB, which no string of V8 can hold.
  expect(renderTemplate("{{x}}".repeat(16_384), long, 65_536)).toBeUndefined();
  expect(renderTemplate("{{x}}", long, 65_536)).toHaveLength(65_536);
  expect(renderTemplate("{{x}}.", long, 65_536)).toBeUndefined();
});
