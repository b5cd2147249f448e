import { describe, expect, it } from "vitest";

import { add, compare, decimal, digits, divide, multiply, negate, sign, subtract, text } from "@/format/decimal";

const of = (value: string) => text(decimal(value));

describe("decimals", () => {
  it("keep every digit of what they were read from", () => {
    for (const value of ["0", "-1", "61250.50", "0.00000001", "-0.10", "123456789012345678901234567890.123456789"]) {
      expect(of(value)).toBe(value);
    }
  });

  it("refuse what is no plain decimal", () => {
    for (const value of ["", "1e5", "1.", ".5", "1,5", "NaN", " 1", "+1"]) expect(() => decimal(value)).toThrow(RangeError);
  });

  it("add, subtract and multiply exactly where floats do not", () => {
    expect(text(add(decimal("0.1"), decimal("0.2")))).toBe("0.3");
    expect(text(subtract(decimal("1"), decimal("0.9")))).toBe("0.1");
    expect(text(multiply(decimal("64010.7"), decimal("0.00003")))).toBe("1.920321");
    expect(text(add(decimal("9007199254740993"), decimal("0.01")))).toBe("9007199254740993.01");
  });

  it("divide to a number of digits, cutting the rest", () => {
    const quotient = (a: string, b: string, scale: number) => {
      const result = divide(decimal(a), decimal(b), scale);
      return result && text(result);
    };
    expect(quotient("1", "3", 4)).toBe("0.3333");
    expect(quotient("-2", "3", 4)).toBe("-0.6666");
    expect(quotient("1000000", "0.001", 0)).toBe("1000000000");
    expect(quotient("0.000123", "5", 2)).toBe("0.00");
    expect(quotient("1", "0.00", 2)).toBeNull();
  });

  it("compare by value, not by how they are written", () => {
    expect(compare(decimal("1.0"), decimal("1"))).toBe(0);
    expect(compare(decimal("-2"), decimal("1.5"))).toBe(-1);
    expect(compare(negate(decimal("-2")), decimal("1.5"))).toBe(1);
    expect([sign("-0.01"), sign("0.000"), sign("3")]).toEqual([-1, 0, 1]);
  });

  it("tell how many digits a string has behind the point", () => {
    expect([digits("12"), digits("12.500"), digits("-0.1")]).toEqual([0, 3, 1]);
  });
});
