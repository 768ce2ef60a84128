#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles passes.cpp to assembly and fails if a loop over maps stayed scalar.

    vectorized.py --include FOLDER --eigen FOLDER --arch x86-64-v3 [--show] COMPILER

A vectorized loop leaves a scalar loop behind it, for what does not fill a register. A function
passes if it has at least as many vector loops as scalar ones; for clang, which unrolls what is left
into a loop of its own, if it has a vector loop at all. Only innermost loops count.
"""
import argparse
import pathlib
import re
import subprocess
import sys

JUMP = re.compile(r"^j[a-z]+$")
END = {"ret", "retq", "ud2"}
# Arithmetic and comparisons of one number; of a register.
SCALAR = re.compile(r"^v?(add|sub|mul|div|sqrt|u?comi|max|min|fn?m(add|sub)\d+|cmp\w*)s[sd]$")
PACKED = re.compile(r"^v?((add|sub|mul|div|sqrt|max|min|fn?m(add|sub)\d+|cmp\w*|mov[au])p[sd]"
                    r"|p(add|sub|mul|cmp)\w+|movdq[au]\w*)$")

# A few numbers for each channel, once for each operation; and the factor of each window.
PER_CHANNEL = re.compile(r"^void collab::backend::(batch_norm|detail::channel_sums)"
                         r"|^collab::backend::detail::pool<")

ACTIVATIONS = ["Relu", "Relu6", "Elu", "LeakyRelu", "Sigmoid"]
# Parts of mangled names; a function with each of them must have a vector loop.
EXPECTED = [
    *[f"9ActivatedIfNS_{len(a) + 8}{a}FunctionEE{loop}E" for a in ACTIVATIONS
      for loop in ["4form", "8form_sum", "4gate", "10gate_value"]],
    *[f"{loop}IfNS_{len(a) + 8}{a}FunctionE" for a in ACTIVATIONS
      for loop in ["8activate", "17activate_backward", "9normalize", "13gradient_sums",
                   "16gradient_through"]],
    *[f"{loop}IfNS_{len(a) + 8}{a}FunctionE" for a in ["Gelu", "Silu"]
      for loop in ["8activate", "17activate_backward"]],
    "10accumulateIf", "11add_columnsIf", "10add_stripsIf",
    "7LargestEf", "5TotalEf", "13GiveToLargestIf", "12SpreadEvenlyIf", "6maxoutIf",
    "15maxout_backwardIf", "7largestIf", "21softmax_cross_entropyIf", "7dropoutIf",
    "12pad_shortcutIf", "3addIf", "6add_upIf", "7SgdStepIf", "8AdamStepIf", "15DecayedAdamStepIf",
    "5AddToIf",
    *[f"combine_rowILi{n}E" for n in [4, 9]],
    *[f"{row}ILb{apart}E" for row in ["spread_row", "give_row"] for apart in [0, 1]],
    "12MergeForwardINS_12ProductMergeEf", "13MergeBackwardINS_12ProductMergeEf",
]
# Parts of the names of functions whose loops compilers may unroll to none: they must have products
# of registers of integers, and none of single ones.
UNROLLED = ["13random_blocks"]
PACKED_PRODUCT = re.compile(r"^v?pmul(udq|lq)$")
SCALAR_PRODUCT = re.compile(r"^(i?mulq?|mull|mulx)$")


def functions(text):
    """(name, [(instruction or "label", operands)]) of each function of an assembly file."""
    name, body = None, []
    for line in text.splitlines():
        if match := re.match(r"^([A-Za-z_][\w.$]*):", line):
            if name:
                yield name, body
            name, body = match[1], []
        elif match := re.match(r"^(\.L\w+):", line):
            body.append(("label", match[1]))
        elif match := re.match(r"^\s+([a-z]\w*)\s*([^#]*)", line):
            body.append((match[1], match[2].strip()))
    if name:
        yield name, body


def graph(body):
    """The basic blocks of a function, as lists of instructions, and the successors of each."""
    blocks, start, block = [], {}, []
    for instruction, operands in body:
        if instruction == "label":
            if block:
                blocks.append(block)
                block = []
            start[operands] = len(blocks)
            continue
        block.append((instruction, operands))
        if JUMP.match(instruction) or instruction in END:
            blocks.append(block)
            block = []
    if block:
        blocks.append(block)
    successors = []
    for i, block in enumerate(blocks):
        instruction, operands = block[-1]
        next_ones = []
        if JUMP.match(instruction) and start.get(operands, len(blocks)) < len(blocks):
            next_ones.append(start[operands])
        if instruction != "jmp" and instruction not in END and i + 1 < len(blocks):
            next_ones.append(i + 1)
        successors.append(next_ones)
    return [[i for i, _ in block] for block in blocks], successors


def reverse_postorder(successors):
    order, seen, stack = [], {0}, [(0, iter(successors[0]))]
    while stack:
        block, rest = stack[-1]
        for following in rest:
            if following not in seen:
                seen.add(following)
                stack.append((following, iter(successors[following])))
                break
        else:
            order.append(block)
            stack.pop()
    return order[::-1]


def dominators(order, predecessors):
    """The immediate dominator of each block (Cooper, Harvey and Kennedy)."""
    place = {block: i for i, block in enumerate(order)}
    above = {order[0]: order[0]}

    def common(a, b):
        while a != b:
            while place[a] > place[b]:
                a = above[a]
            while place[b] > place[a]:
                b = above[b]
        return a

    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            known = [p for p in predecessors[block] if p in above]
            found = known[0]
            for p in known[1:]:
                found = common(found, p)
            if above.get(block) != found:
                above[block] = found
                changed = True
    return above


def innermost_loops(body):
    """The instructions of each natural loop that contains no other."""
    blocks, successors = graph(body)
    if not blocks:
        return
    order = reverse_postorder(successors)
    predecessors = {block: [] for block in order}
    for block in order:
        for following in successors[block]:
            predecessors[following].append(block)
    above = dominators(order, predecessors)

    def dominates(a, b):
        while b != a and b != order[0]:
            b = above[b]
        return a == b

    loops = {}
    for block in order:
        for head in successors[block]:
            if dominates(head, block):
                members = loops.setdefault(head, {head})
                stack = [block]
                while stack:
                    member = stack.pop()
                    if member not in members:
                        members.add(member)
                        stack += predecessors[member]
    for head, members in loops.items():
        if not any(other != head and other in members for other in loops):
            yield [i for member in sorted(members) for i in blocks[member]]


def count(text):
    """{mangled name: (vector loops, scalar loops)}"""
    result = {}
    for name, body in functions(text):
        vector = scalar = 0
        for loop in innermost_loops(body):
            if any(SCALAR.match(i) for i in loop):
                scalar += 1
            elif any(PACKED.match(i) for i in loop):
                vector += 1
        result[name] = vector, scalar
    return result


def compiled(arguments):
    source = pathlib.Path(__file__).with_name("passes.cpp")
    command = [arguments.compiler, "-std=c++20", "-O3", f"-march={arguments.arch}", "-w",
               f"-I{arguments.include}", "-isystem", arguments.eigen, "-S", str(source), "-o", "-"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr[:4000]}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", required=True)
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    parser.add_argument("--arch", default="x86-64-v3")
    parser.add_argument("--show", action="store_true", help="print the loops of every function")
    parser.add_argument("compiler")
    arguments = parser.parse_args()
    version = subprocess.run([arguments.compiler, "--version"], capture_output=True, text=True)
    arguments.clang = "clang" in version.stdout
    text = compiled(arguments)
    loops = count(text)
    products = {name: [sum(bool(kind.match(instruction)) for instruction, _ in body)
                       for kind in [PACKED_PRODUCT, SCALAR_PRODUCT]]
                for name, body in functions(text)}
    names = list(loops)
    filtered = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True)
    readable = dict(zip(names, filtered.stdout.splitlines()))
    failed = 0
    for name, (vector, scalar) in loops.items():
        most = len(loops) * vector if arguments.clang else vector
        bad = scalar > most and not PER_CHANNEL.search(readable[name])
        failed += bad
        if bad or (arguments.show and vector + scalar):
            word = "SCALAR" if bad else "ok"
            print(f"{word:7} {vector} vector and {scalar} scalar loops: {readable[name][:300]}")
    for part in UNROLLED:
        for name in [name for name in products if part in name]:
            packed, single = products.pop(name)
            failed += not packed or single > 0
            if not packed or single:
                print(f"SCALAR  {packed} packed and {single} scalar products: {readable[name]}")
            break
        else:
            failed += 1
            print(f"MISSING expected a function with {part} in its name")
    for part in EXPECTED:
        if not any(part in name and vector for name, (vector, _) in loops.items()):
            failed += 1
            print(f"MISSING expected a function with {part} in its name that has a vector loop")
    print(f"{arguments.compiler} -march={arguments.arch}: {len(loops)} functions, {failed} faults")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
