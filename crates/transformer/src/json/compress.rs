//! Takes bytes out of a block and closes the gaps.

use fearless_simd::{mask8x64, prelude::*, u8x16, u8x64};

use super::scan::BLOCK;

/// Writes the bytes of the block whose bits are set in `kept` to the beginning of `to`, without gaps, and returns how many
/// they are. The bytes after them mean nothing.
#[inline(always)]
pub(super) fn compress<S: Simd>(
    simd: S,
    block: u8x64<S>,
    kept: u64,
    to: &mut [u8; BLOCK],
) -> usize {
    // A processor with registers of 64 bytes has an instruction for this (VPCOMPRESSB).
    if S::u8s::LEN == BLOCK {
        block
            .compress(mask8x64::from_bitmask(simd, kept))
            .store_slice(to);
        return kept.count_ones() as usize;
    }
    // The others shuffle 16 bytes by a list of places, which comes from a table, eight places at a time.
    const SECOND_HALF: u64 = 0x0808_0808_0808_0808;
    let (lanes, _) = block.as_array().as_chunks::<16>();
    let mut put = 0;
    for (lane, bytes) in lanes.iter().enumerate() {
        let [first, second, ..] = (kept >> (16 * lane)).to_le_bytes();
        let mut places = [0; 16];
        places[..8].copy_from_slice(&PLACES[usize::from(first)].to_le_bytes());
        places[8..].copy_from_slice(&(PLACES[usize::from(second)] | SECOND_HALF).to_le_bytes());
        let moved: [u8; 16] =
            *u8x16::from_slice(simd, bytes).swizzle_dyn(u8x16::from_slice(simd, &places));
        to[put..put + 8].copy_from_slice(&moved[..8]);
        put += first.count_ones() as usize;
        to[put..put + 8].copy_from_slice(&moved[8..]);
        put += second.count_ones() as usize;
    }
    put
}

/// For each choice among eight bytes, the places of those that are kept: one byte per place, the first lowest.
const PLACES: [u64; 256] = {
    let mut table = [0; 256];
    let mut kept = 0;
    while kept < table.len() {
        let (mut place, mut put) = (0, 0);
        while place < 8 {
            if kept >> place & 1 == 1 {
                table[kept] |= place << (8 * put);
                put += 1;
            }
            place += 1;
        }
        kept += 1;
    }
    table
};

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
                let put = dispatch!(level, simd => compress(simd, u8x64::from_slice(simd, &text), kept, &mut to));
                prop_assert_eq!(&to[..put], &expected[..], "{:?}", level);
            }
        }
    }
}
