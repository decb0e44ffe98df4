//! What opens, and what is refused.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;
use crate::limits::SCRATCH_BYTES_MAX;

const MAX: usize = 1024 * 1024;

fn decode(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let data = base64_simd::STANDARD.encode_to_string(bytes);
    Decoder::default()
        .decode(&data, MAX)
        .map(|opened| opened.text.to_vec())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A gzip member with every field that a header can have.
fn gzip_with_fields(bytes: &[u8]) -> Vec<u8> {
    let builder = flate2::GzBuilder::new()
        .filename("a name")
        .comment("a comment")
        .extra(*b"extra")
        .mtime(7);
    let mut encoder = builder.write(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    with_header_checksum(&encoder.finish().unwrap())
}

/// The same member with the checksum of its header.
fn with_header_checksum(member: &[u8]) -> Vec<u8> {
    let (header, rest) = member.split_at(header_bytes(member).unwrap());
    let mut header = header.to_vec();
    header[3] |= 2;
    let checksum = libdeflater::crc32(&header) as u16;
    [&header, &checksum.to_le_bytes()[..], rest].concat()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_encoding_opens_to_the_same_text() {
    let text = br#"{"a":"b"}"#;
    assert_eq!(decode(&gzip(text)).unwrap(), text);
    assert_eq!(decode(&zlib(text)).unwrap(), text);
    assert_eq!(decode(text).unwrap(), text);
    assert_eq!(decode(b"\n {}").unwrap(), b"\n {}");
}

#[test]
fn all_members_are_opened_even_if_they_are_equal() {
    let one = gzip(b"{}");
    assert_eq!(
        decode(&[one.clone(), one.clone()].concat()).unwrap(),
        b"{}{}"
    );
    assert_eq!(
        decode(&[one.clone(), gzip(b"{\"longer\":1}"), one].concat()).unwrap(),
        b"{}{\"longer\":1}{}"
    );
}

#[test]
fn unreadable_data_is_refused_with_its_reason() {
    let good = gzip(&[b'{'; 4000]);
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        bytes
    };
    let damaged = Err(DecodeError::Damaged { encoding: "gzip" });
    assert_eq!(decode(&good[..good.len() / 2]), damaged, "cut short");
    assert_eq!(decode(&good[..good.len() - 4]), damaged, "trailer cut");
    assert_eq!(
        decode(&[&good[..], b"garbage"].concat()),
        damaged,
        "trailing garbage"
    );
    assert_eq!(decode(&flipped(good.len() - 6)), damaged, "checksum");
    assert_eq!(decode(&flipped(good.len() - 2)), damaged, "size");
    assert_eq!(decode(&[0x1f, 0x8b]), damaged);
    assert_eq!(
        decode(&zlib(b"{}")[..5]),
        Err(DecodeError::Damaged { encoding: "zlib" })
    );
    assert_eq!(decode(b"Hello World"), Err(DecodeError::UnknownEncoding));
    assert_eq!(decode(b""), Err(DecodeError::UnknownEncoding));
    let mut decoder = Decoder::default();
    for data in ["a", "aGk", "aG k=", "aGk=\n", "é"] {
        assert_eq!(
            decoder.decode(data, MAX),
            Err(DecodeError::NotBase64),
            "{data}"
        );
    }
}

proptest! {
    /// Two libraries agree on what is base64 and on what it holds, wherever the wider instructions of either begin and end.
    #[test]
    fn base64_is_read_as_another_library_reads_it(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        is_message: bool,
        faults in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![r"[-_=+/ \nA-Za-z0-9]", any::<char>().prop_map(String::from)], 0..3_usize), 0..3),
    ) {
        // Behind a brace, the bytes pass as a message, and are seen.
        let bytes = if is_message { [b"{", bytes.as_slice()].concat() } else { bytes };
        let mut data = base64_simd::STANDARD.encode_to_string(bytes);
        for (at, text, removed) in faults {
            let from = data.floor_char_boundary(at.index(data.len() + 1));
            let to = data.floor_char_boundary((from + removed).min(data.len()));
            data.replace_range(from.min(to)..to, &text);
        }
        let read = Decoder::default().decode(&data, MAX).map(|opened| opened.text.to_vec());
        match base64_simd::STANDARD.decode_to_vec(&data) {
            Err(_) => prop_assert_eq!(read, Err(DecodeError::NotBase64)),
            Ok(bytes) => match read {
                Ok(text) => prop_assert!(bytes == text || Encoding::of(&bytes) != Some(Encoding::Plain)),
                Err(error) => prop_assert!(error != DecodeError::NotBase64 && Encoding::of(&bytes) != Some(Encoding::Plain)),
            },
        }
    }
}

#[test]
fn the_cap_holds_for_every_encoding_even_if_the_trailer_lies() {
    let over = Err(DecodeError::OverCap { bytes_max: MAX });
    let (fits, exceeds) = (vec![b'{'; MAX], vec![b'{'; MAX + 1]);
    for pack in [gzip, zlib, <[u8]>::to_vec] {
        assert_eq!(decode(&pack(&fits)).unwrap(), fits);
        assert_eq!(decode(&pack(&exceeds)), over);
    }
    let mut lying = gzip(&exceeds);
    let trailer = lying.len() - 4;
    lying[trailer..].copy_from_slice(&2_u32.to_le_bytes());
    assert_eq!(decode(&lying), over);
    assert_eq!(decode(&[gzip(&fits), gzip(b"{")].concat()), over);
}

#[test]
fn a_large_records_memory_is_freed() {
    let mut decoder = Decoder::default();
    let data = base64_simd::STANDARD.encode_to_string(gzip(&vec![b'{'; 2 * SCRATCH_BYTES_MAX]));
    decoder.decode(&data, usize::MAX).unwrap();
    decoder.trim();
    assert_eq!(decoder.opened.len(), 0);
    assert!(decoder.opened.room(0).len() <= SCRATCH_BYTES_MAX);
}

#[test]
fn a_stream_may_end_just_behind_what_was_opened_so_far() {
    // Zeros are opened by the hundred for each bit, so that all input is read before the last of them are written.
    for bytes in (INFLATE_BYTES - 300..INFLATE_BYTES + 900).step_by(13) {
        let text = vec![b'0'; bytes];
        assert!(decode(&zlib(&text)).unwrap() == text, "{bytes}");
    }
}

#[test]
fn a_member_of_another_method_is_damaged() {
    let member = gzip(b"{}");
    for (at, byte) in [(0, 0x1e), (1, 0x8a), (2, 7)] {
        let mut other = member.clone();
        other[at] = byte;
        let damaged = Err(DecodeError::Damaged { encoding: "gzip" });
        assert_eq!(decode(&[&member[..], &other].concat()), damaged, "{at}");
    }
}

#[test]
fn nothing_is_lost_behind_the_first_stream() {
    let (gz, zl) = (gzip(b"{\"a\":1}"), zlib(b"{\"a\":1}"));
    let named = gzip_with_fields(b"{\"b\":2}");
    assert_eq!(
        decode(&[&gz[..], &named].concat()).unwrap(),
        b"{\"a\":1}{\"b\":2}"
    );
    assert_eq!(
        decode(&[&named[..], &gz].concat()).unwrap(),
        b"{\"b\":2}{\"a\":1}"
    );
    assert_eq!(
        decode(&[&named[..], &named].concat()).unwrap(),
        b"{\"b\":2}{\"b\":2}"
    );
    let damaged = |encoding| Err(DecodeError::Damaged { encoding });
    for behind in [
        &zl[..],
        &gz,
        b"x",
        b"\0",
        b"\0\0\0\0\0\0\0\0",
        b"{}",
        &[0x1f, 0x8b],
    ] {
        assert_eq!(
            decode(&[&zl[..], behind].concat()),
            damaged("zlib"),
            "{behind:?}"
        );
    }
    let footer = &gz[gz.len() - 8..];
    for behind in [
        &zl[..],
        b"x",
        b"\0",
        b"{}",
        &[0x1f, 0x8b],
        &gz[..gz.len() - 1],
        &footer[4..],
        footer,
        &[b"some more", footer].concat(),
        &[&[0x1f, 0x8b, 8, 0xe0][..], &gz[4..]].concat(),
    ] {
        assert_eq!(
            decode(&[&gz[..], behind].concat()),
            damaged("gzip"),
            "{behind:?}"
        );
    }
}

#[test]
fn a_header_may_have_all_fields_and_its_checksum_must_be_right() {
    let good = gzip_with_fields(b"{}");
    assert_eq!(decode(&good).unwrap(), b"{}");
    let damaged = Err(DecodeError::Damaged { encoding: "gzip" });
    for at in 3..header_bytes(&good).unwrap() {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        assert_eq!(decode(&bad), damaged, "{at}");
        let second = [gzip(b"{}"), bad].concat();
        assert_eq!(decode(&second), damaged, "{at}");
    }
}

#[test]
fn a_single_member_is_handed_on_as_it_is() {
    let mut decoder = Decoder::default();
    let mut member = |packed: &[u8]| {
        let data = base64_simd::STANDARD.encode_to_string(packed);
        decoder
            .decode(&data, MAX)
            .unwrap()
            .member
            .map(<[u8]>::to_vec)
    };
    let one = gzip(b"{}");
    assert_eq!(member(&one), Some(one.clone()));
    assert_eq!(
        member(&gzip_with_fields(b"{}")),
        Some(gzip_with_fields(b"{}"))
    );
    assert_eq!(member(&[&one[..], &one].concat()), None);
    assert_eq!(member(&zlib(b"{}")), None);
    assert_eq!(member(b"{}"), None);
}

#[test]
fn bytes_between_a_stream_and_its_footer_are_damage() {
    for between in [b"x".as_slice(), &[0], &[0; 8]] {
        let mut member = gzip(b"{\"a\":1}");
        let end = member.len() - FOOTER_BYTES;
        member.splice(end..end, between.iter().copied());
        assert_eq!(
            decode(&member),
            Err(DecodeError::Damaged { encoding: "gzip" })
        );
    }
}

#[test]
fn a_text_that_holds_its_own_size_is_opened_too() {
    // Stored, not compressed, the text shows its bytes, and the size stands in it as in the footer.
    let text = b"{\x06\0\0\0}";
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(text).unwrap();
    assert_eq!(decode(&encoder.finish().unwrap()).unwrap(), text);
}

#[test]
fn plain_text_begins_with_jsons_white_space_alone() {
    assert_eq!(decode(b" \t\r\n{}").unwrap(), b" \t\r\n{}");
    for white in [b"\x0b", b"\x0c", b"\0"] {
        assert_eq!(
            decode(&[&white[..], b"{}"].concat()),
            Err(DecodeError::UnknownEncoding)
        );
    }
}
