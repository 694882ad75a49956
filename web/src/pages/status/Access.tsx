// SPDX-License-Identifier: Apache-2.0
// Who one is here, with which role, and the way out.
import { Button, PasswordInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useCaller } from "../../api/queries";
import { logIn, logOut } from "../../api/session";
import { Panel } from "../../components/Panel";
import styles from "./Access.module.css";

const MAY = {
  viewer: "may read",
  analyst: "may read and judge",
  admin: "may read, judge and change what weir does",
};

export function Access() {
  const caller = useCaller().data;
  if (caller === undefined) return null;
  return (
    <Panel title="Access">
      {caller.name === null ? (
        <LogIn />
      ) : (
        <div className={styles.form}>
          <p className="soft">
            You are <strong>{caller.name}</strong> ({caller.role}): you {MAY[caller.role]}.
          </p>
          <Button variant="default" onClick={() => void logOut()}>
            Log out
          </Button>
        </div>
      )}
    </Panel>
  );
}

function LogIn() {
  const [token, setToken] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    logIn(token.trim()).then(
      () => setRefusal(null),
      (error: unknown) => setRefusal((error as Error).message),
    );
    setToken("");
  };
  return (
    <form onSubmit={submit} className={styles.form}>
      <p className="soft">
        Nobody has to log in on this machine, since there is no user yet: everyone here may read and judge.
      </p>
      <div className={styles.line}>
        <PasswordInput
          label="API token"
          autoComplete="current-password"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={token === "" ? refusal : null}
        />
        <Button type="submit" variant="default" disabled={token.trim() === ""}>
          Log in
        </Button>
      </div>
    </form>
  );
}
