/** Completion in the editor: what may be written where the cursor is, out of the reference. */
import type { Ace } from "ace-builds";

import type { PolicyKind } from "../work/policy-kinds";
import { suggest, type Suggestion } from "../work/suggestions";

const FITTING = 50; // more than the editor takes away for letters that are apart
const VARIABLE = /\$\{([A-Za-z]\w*)\}/g;

interface Offer extends Ace.BaseCompletion {
  offered: Suggestion;
}

/** Let an editor complete a policy of that kind, as it is typed and with Ctrl+Space. */
export function complete(editor: Ace.Editor, ace: typeof import("ace-builds"), kind: PolicyKind, account: string): void {
  const { snippetManager } = ace.require("ace/snippets") as { snippetManager: { insertSnippet: (to: Ace.Editor, text: string) => void } };
  const here = () => suggest(editor.getValue(), offsetOf(editor), kind, account);
  const completer: Ace.Completer = {
    id: "policy",
    identifierRegexps: [/[^"\s,{}[\]]/],
    triggerCharacters: ['"', ":"],
    getCompletions: (typing, _session, _position, _prefix, give) => {
      if ((typing as { tabstopManager?: unknown }).tabstopManager) return give(null, []); // a place of a form is filled in, and Tab leads to the next
      here().then(
        (suggested) => give(null, (suggested?.found ?? []).map(offer)),
        () => give(null, []),
      );
    },
    getDocTooltip: (item) => ("offered" in item ? (item as unknown as Offer).offered.about : undefined),
    insertMatch: (_editor, item) => {
      const { offered } = item as unknown as Offer;
      void here().then((suggested) => {
        if (!suggested) return;
        const { doc } = editor.session;
        const [start, end] = [suggested.text.from, suggested.text.to].map((each) => doc.indexToPosition(each, 0)) as [Ace.Point, Ace.Point];
        editor.session.remove(new ace.Range(start.row, start.column, end.row, end.column));
        snippetManager.insertSnippet(editor, snippetOf(offered.value));
        if (offered.goesOn) editor.execCommand("startAutocomplete");
      });
    },
  };
  const offer = (offered: Suggestion) => {
    const score = (offered.fits ? FITTING : 0) - offered.value.length / 100; // of those that are as good, the shortest comes first
    return { value: offered.value, caption: offered.value, meta: offered.meta, score, completer, offered } as Ace.Completion;
  };
  editor.completers = [completer];
  editor.setOptions({ enableBasicAutocompletion: true, enableLiveAutocompletion: true });
}

function offsetOf(editor: Ace.Editor): number {
  return editor.session.doc.positionToIndex(editor.getCursorPosition(), 0);
}

/** The text with each variable of an ARN's form as a place to fill in; those of policies (`${aws:username}`) stay. */
function snippetOf(text: string): string {
  let number = 0;
  const places = text.split(VARIABLE).map((part, at) => (at % 2 === 0 ? part.replaceAll("$", "\\$") : `\${${++number}:${part}}`));
  return places.join("");
}
