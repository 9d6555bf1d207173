import { Code } from "@mantine/core";
import { Fragment } from "react";

import { parsed, type Piece, type Pointing, wordsOf } from "@/console/bb";

/** A message as the messenger shows it. Links are no links: somebody else wrote them, so it is seen where they lead. */
export function BbText({ text }: { text: string }) {
  return <Pieces pieces={parsed(text)} />;
}

function Pieces({ pieces }: { pieces: readonly Piece[] }) {
  return pieces.map((piece, place) => <Fragment key={place}>{shown(piece)}</Fragment>);
}

function shown(piece: Piece) {
  if (typeof piece === "string") return piece;
  const inside = <Pieces pieces={piece.inside} />;
  switch (piece.tag) {
    case "b":
      return <strong>{inside}</strong>;
    case "i":
      return <em>{inside}</em>;
    case "u":
      return <u>{inside}</u>;
    case "s":
      return <s>{inside}</s>;
    default:
      return <Led piece={piece} />;
  }
}

/** The words, and where they lead where the words do not say it. */
function Led({ piece }: { piece: Pointing }) {
  return (
    <>
      <u>
        <Pieces pieces={piece.inside} />
      </u>
      {wordsOf(piece.inside) !== piece.target && (
        <>
          {" "}
          <Code>{piece.target}</Code>
        </>
      )}
    </>
  );
}
