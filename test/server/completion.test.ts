import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { moegoHere } from "./command.js";

const { stdout: script } = await moegoHere(["completion", "bash"], {});

/** What bash offers at the end of the line, by the script that `moego completion bash` prints. */
function offered(...words: readonly string[]): readonly string[] {
  const line = words.map((word) => `'${word}'`).join(" ");
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _moego; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync("bash", ["-uc", `${script}\n${ask}`], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter((word) => word !== "");
}

describe("moego completion", () => {
  it("completes commands, their second words and their options in bash", () => {
    expect(offered("moego", "ba")).toEqual(["backup"]);
    expect(offered("moego", "")).toEqual(expect.arrayContaining(["serve", "doctor", "keys", "help", "completion"]));
    expect(offered("moego", "keys", "")).toEqual(["create", "list", "rotate", "revoke"]);
    expect(offered("moego", "keys", "create", "--na")).toEqual(["--name"]);
    expect(offered("moego", "companies", "create", "")).toEqual(expect.arrayContaining(["--country", "--help"]));
    expect(offered("moego", "backup", "--f")).toEqual(["--force"]);
  });

  it("completes the words that an option or argument can have, and leaves files to the shell", () => {
    expect(offered("moego", "export", "--format", "")).toEqual(["csv", "jsonl"]);
    expect(offered("moego", "import", "pets", "x.csv", "--weight-unit", "k")).toEqual(["kg"]);
    expect(offered("moego", "completion", "z")).toEqual(["zsh"]);
    expect(offered("moego", "load", "x", "--opt-out-key", "")).toEqual([]);
    expect(offered("moego", "backup", "")).toEqual([]);
  });

  it("is registered with bash", () => {
    const { stdout } = spawnSync("bash", ["-c", `${script}\ncomplete -p moego`], { encoding: "utf8" });
    expect(stdout).toBe("complete -o default -F _moego moego\n");
  });

  it("uses the same words in zsh, and refuses other shells", async () => {
    const zsh = await moegoHere(["completion", "zsh"], {});
    expect(zsh.stdout).toMatch(/^autoload -Uz compinit bashcompinit\n/);
    expect(zsh.stdout.endsWith(script)).toBe(true);
    expect(await moegoHere(["completion", "fish"], {})).toMatchObject({ code: 64 });
  });
});
