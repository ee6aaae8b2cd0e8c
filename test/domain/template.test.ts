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
  expect(renderTemplate("<{{a}}|{{ node.key-2 }}|{{b}}>", values)).toBe("<1|two|>");
});

it("never reads a value as a template, nor as a pattern of replacement", () => {
  const nested = new Map([
    ["a", "{{b}}"],
    ["b", "$& $1 {{a}}"],
  ]);
  expect(renderTemplate("{{a}}{{b}}", nested)).toBe("{{b}}$& $1 {{a}}");
  fc.assert(fc.property(fc.string(), (value) => renderTemplate("[{{x}}]", new Map([["x", value]])) === `[${value}]`));
});

it("tells a template whose braces name no variable", () => {
  for (const good of ["", "text", "{{a}}", "{a}", "}}", "{{ a }} {{b.c}}"]) expect(isTemplate(good), good).toBe(true);
  for (const bad of ["{{", "{{}}", "{{a}", "{{1a}}", "{{a b}}", "{{a}} {{constructor()}}"])
    expect(isTemplate(bad), bad).toBe(false);
});
