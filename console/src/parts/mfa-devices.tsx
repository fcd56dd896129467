/**
 * The MFA devices of a user: a passkey is made by the browser, an authenticator app is added by a picture to scan and two
 * codes.
 */
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useState } from "react";

import { call, everything, type Reply } from "../api";
import { useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { enrolPasskey, hasPasskeys } from "../work/passkeys";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { Dialog } from "./dialog";
import { Copied } from "./facts";
import { Actions, List } from "./list";
import { Ago } from "./time";

const text = strings.mfa;
type Device = NonNullable<Reply<"iam", "CreateVirtualMFADevice">["VirtualMFADevice"]>;

/** Of the person who is signed in, when no user is named. */
export function MfaDevices({ user }: { user?: string }) {
  const UserName = user;
  const devices = useLoad(() => everything("ListMFADevices", { UserName }, "MFADevices"), [user]);
  const [naming, setNaming] = useState(false);
  const [made, setMade] = useState<Device>();
  const [leaving, setLeaving] = useState<string>();
  const tell = useTell();
  const done = (said: string) => {
    setMade(undefined);
    setLeaving(undefined);
    devices.reload();
    tell("success", said);
  };
  const remove = async (SerialNumber: string) => {
    await call("iam", "DeactivateMFADevice", { UserName, SerialNumber });
    if (isVirtual(SerialNumber)) await call("iam", "DeleteVirtualMFADevice", { SerialNumber });
  };
  const giveUp = async (device: Device) => {
    setMade(undefined);
    await call("iam", "DeleteVirtualMFADevice", { SerialNumber: device.SerialNumber }).catch(() => undefined);
  };
  return (
    <>
      <List
        title={text.title}
        variant="container"
        from={devices}
        trackBy="SerialNumber"
        selection="single"
        empty={text.empty}
        columns={[
          { id: "serial", header: text.serial, cell: (device) => device.SerialNumber, isRowHeader: true },
          { id: "type", header: text.type, cell: (device) => typeOf(device.SerialNumber ?? "") },
          { id: "since", header: text.since, cell: (device) => <Ago at={device.EnableDate} /> },
        ]}
        actions={([device]) => (
          <Actions>
            <ActionButton needs="iam:DeactivateMFADevice" disabled={device === undefined} onClick={() => setLeaving(device?.SerialNumber)}>
              {text.remove}
            </ActionButton>
            <ActionButton needs="iam:EnableMFADevice" onClick={() => setNaming(true)}>{text.add}</ActionButton>
          </Actions>
        )}
      />
      {naming && (
        <Naming
          user={user}
          made={(device) => {
            setNaming(false);
            setMade(device);
          }}
          enrolled={() => {
            setNaming(false);
            done(text.added);
          }}
          close={() => setNaming(false)}
        />
      )}
      {made && <Enabling user={user} device={made} done={() => done(text.added)} close={() => void giveUp(made)} />}
      {leaving && (
        <Confirm title={text.removeTitle} action={text.remove} work={() => remove(leaving)} done={() => done(text.removed)} close={() => setLeaving(undefined)}>
          {leaving}
        </Confirm>
      )}
    </>
  );
}

function isVirtual(serialNumber: string): boolean {
  return /^arn:[^:]+:iam::\d+:mfa\//.test(serialNumber);
}

function typeOf(serialNumber: string): string {
  if (serialNumber.includes(":u2f/")) return text.kinds.passkey;
  return isVirtual(serialNumber) ? text.kinds.app : text.kinds.token;
}

interface NamingProps {
  user: string | undefined;
  made: (device: Device | undefined) => void;
  enrolled: () => void;
  close: () => void;
}

function Naming({ user, made, enrolled, close }: NamingProps) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<"passkey" | "app">(hasPasskeys() ? "passkey" : "app");
  const create = async () => {
    if (kind === "passkey") await enrolPasskey(name, user);
    else made((await call("iam", "CreateVirtualMFADevice", { VirtualMFADeviceName: name })).VirtualMFADevice);
  };
  return (
    <Dialog
      title={text.add}
      action={text.next}
      ready={name !== ""}
      work={create}
      done={() => (kind === "passkey" ? enrolled() : undefined)}
      close={close}
    >
      <FormField label={text.kind}>
        <Tiles
          columns={1}
          value={kind}
          onChange={({ detail }) => setKind(detail.value === "app" ? "app" : "passkey")}
          items={[
            {
              value: "passkey",
              label: text.kinds.passkey,
              description: hasPasskeys() ? text.passkeyHint : text.noPasskeys,
              disabled: !hasPasskeys(),
            },
            { value: "app", label: text.kinds.app, description: text.appHint },
          ]}
        />
      </FormField>
      <FormField label={text.name} description={text.nameHint}>
        <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
    </Dialog>
  );
}

function Enabling({ user, device, done, close }: { user: string | undefined; device: Device; done: () => void; close: () => void }) {
  const [codes, setCodes] = useState<[string, string]>(["", ""]);
  const enable = () =>
    call("iam", "EnableMFADevice", {
      UserName: user,
      SerialNumber: device.SerialNumber,
      AuthenticationCode1: codes[0],
      AuthenticationCode2: codes[1],
    });
  const code = (label: string, at: 0 | 1) => (
    <FormField label={label}>
      <Input
        value={codes[at]}
        inputMode="numeric"
        autoComplete={false}
        onChange={({ detail }) => setCodes(at === 0 ? [detail.value, codes[1]] : [codes[0], detail.value])}
      />
    </FormField>
  );
  return (
    <Dialog title={text.add} action={text.finish} ready={codes.every((each) => /^\d{6}$/.test(each))} work={enable} done={done} close={close}>
      <SpaceBetween size="m">
        <Box>{text.scan}</Box>
        <img alt={text.picture} width={200} height={200} src={`data:image/png;base64,${device.QRCodePNG ?? ""}`} />
        <Box>
          {text.seed} <Copied text={atob(device.Base32StringSeed ?? "")} />
        </Box>
        {code(text.first, 0)}
        {code(text.second, 1)}
      </SpaceBetween>
    </Dialog>
  );
}
