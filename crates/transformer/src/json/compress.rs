//! Takes bytes out of a block and closes the gaps.

use fearless_simd::{mask8x64, prelude::*, u8x16, u8x64};

use super::scan::BLOCK;

/// Writes the bytes of the block whose bits are set in `kept` to the beginning of `to`, without gaps. The bytes after them
/// mean nothing.
#[inline(always)]
pub(super) fn compress<S: Simd>(simd: S, block: u8x64<S>, kept: u64, to: &mut [u8; BLOCK]) {
    // A processor with registers of 64 bytes has an instruction for this (VPCOMPRESSB).
    if S::u8s::LEN == BLOCK {
        let kept = mask8x64::from_bitmask(simd, kept);
        block.compress(kept).store_slice(to);
        return;
    }
    // The others shuffle 16 bytes at a time by lists of places from tables: first each half, then the second half up to
    // the first.
    let (lanes, _) = block.as_array().as_chunks::<16>();
    for (lane, bytes) in lanes.iter().enumerate() {
        let [first, second, ..] = (kept >> (16 * lane)).to_le_bytes();
        let mut places = [0; 16];
        places[..8].copy_from_slice(&PLACES.first_half[usize::from(first)]);
        places[8..].copy_from_slice(&PLACES.second_half[usize::from(second)]);
        let closed_up = &PLACES.closed_up[first.count_ones() as usize];
        let bytes = u8x16::from_slice(simd, bytes)
            .swizzle_dyn(u8x16::from_slice(simd, &places))
            .swizzle_dyn(u8x16::from_slice(simd, closed_up));
        let before = kept & !(u64::MAX << (16 * lane));
        bytes.store_slice(&mut to[before.count_ones() as usize..][..16]);
    }
}

/// The lists of places: in one value, so that one register holds where they are.
const PLACES: &Places = &Places {
    first_half: places(0),
    second_half: places(8),
    closed_up: closed_up(),
};

struct Places {
    /// For each choice among eight bytes, the places of those that are kept.
    first_half: [[u8; 8]; 256],
    /// The same for the eight bytes after them.
    second_half: [[u8; 8]; 256],
    /// For each number of bytes that are kept of the first eight, the places of these and of the eight after them.
    closed_up: [[u8; 16]; 9],
}

const fn places(begin: u8) -> [[u8; 8]; 256] {
    let mut table = [[begin; 8]; 256];
    let mut kept = 0;
    while kept != table.len() {
        let (mut place, mut put) = (0, 0);
        while place != 8 {
            if kept >> place & 1 == 1 {
                table[kept][put] = begin + place;
                put += 1;
            }
            place += 1;
        }
        kept += 1;
    }
    table
}

const fn closed_up() -> [[u8; 16]; 9] {
    let mut table = [[0; 16]; 9];
    let mut kept = 0;
    while kept != table.len() {
        let mut put = 0;
        while put != kept + 8 {
            table[kept][put] = if put < kept { put } else { put + 8 - kept } as u8;
            put += 1;
        }
        kept += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;
    use proptest::prelude::*;

    use super::*;
    use crate::json::levels;

    proptest! {
        #[test]
        fn kept_bytes_close_the_gaps(text in prop::array::uniform32(any::<[u8; 2]>()), kept: u64) {
            let text: [u8; BLOCK] = text.as_flattened().try_into().unwrap();
            let expected: Vec<u8> = (0..BLOCK)
                .filter(|place| kept >> place & 1 == 1)
                .map(|place| text[place])
                .collect();
            for level in levels() {
                let mut to = [0; BLOCK];
                dispatch!(level, simd => compress(simd, u8x64::from_slice(simd, &text), kept, &mut to));
                prop_assert_eq!(&to[..expected.len()], &expected[..], "{:?}", level);
            }
        }
    }
}
