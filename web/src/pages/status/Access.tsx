// SPDX-License-Identifier: Apache-2.0
// The token of this tab, to give and to forget.
import { Button, PasswordInput } from "@mantine/core";
import { useState, useSyncExternalStore, type SyntheticEvent } from "react";
import { forgetToken, keepToken, onTokenChange, readToken } from "../../api/token";
import { Panel } from "../../components/Panel";
import styles from "./Access.module.css";

export function Access() {
  const token = useSyncExternalStore(onTokenChange, readToken);
  const [text, setText] = useState("");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim() !== "") keepToken(text.trim());
    setText("");
  };
  return (
    <Panel title="Access">
      {token === null ? (
        <form onSubmit={submit} className={styles.form}>
          <p className="soft">
            This weir answers without a token here. If you have one, it is used from now on, in this tab only.
          </p>
          <div className={styles.line}>
            <PasswordInput
              label="API token"
              autoComplete="off"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" disabled={text.trim() === ""}>
              Use it
            </Button>
          </div>
        </form>
      ) : (
        <div className={styles.form}>
          <p className="soft">This tab uses an API token. It is forgotten when the tab is closed.</p>
          <Button variant="default" onClick={forgetToken}>
            Forget the token
          </Button>
        </div>
      )}
    </Panel>
  );
}
