; SPDX-License-Identifier: MIT
; Instructions that the vector ALU's tests look up by their text; gcn_valu_gen assembles them.
; isa gfx90a
v_mov_b32 v0, 1
v_mov_b32 v0, -16
v_mov_b32 v0, 0.5
v_mov_b32 v0, 0x12345678
v_mov_b32 v0, s4
v_add_f32 v0, 1.0, v4
v_add_f32 v0, 0xc0490fdb, v4
v_add_f16 v0, 1.0, v4
v_add_f64 v[0:1], 1.0, v[4:5]
v_add_f64 v[0:1], s[4:5], v[4:5]
v_lshlrev_b64 v[0:1], 1, -1
v_cmp_eq_u64 vcc, -1, v[4:5]
v_ceil_f64 v[0:1], 0x40100000
v_fma_f32 v0, -v4, |v8|, -|v12|
v_fma_f64 v[0:1], -v[4:5], |v[8:9]|, v[12:13]
v_cndmask_b32_e64 v0, -v4, |v8|, s[20:21]
v_add_f32_e64 v0, v4, v8 clamp
v_add_f32_e64 v0, v4, v8 mul:2
v_add_f32_e64 v0, v4, v8 mul:4
v_add_f32_e64 v0, v4, v8 div:2
v_add_f32_e64 v0, v4, v8 clamp div:2
v_add_f64 v[0:1], v[4:5], v[8:9] clamp
v_add_f16_e64 v0, v4, v8 clamp
v_add_u32_e64 v0, v4, v8 clamp
v_sub_u32_e64 v0, v4, v8 clamp
v_add_co_u32_e64 v0, s[10:11], v4, v8 clamp
v_sub_co_u32_e64 v0, s[10:11], v4, v8 clamp
v_add_i32 v0, v4, v8 clamp
v_sub_i32 v0, v4, v8 clamp
v_mad_i32_i24 v0, v4, v8, v12 clamp
v_mad_u32_u24 v0, v4, v8, v12 clamp
v_sad_u32 v0, v4, v8, v12 clamp
v_mad_u64_u32 v[0:1], s[10:11], v4, v8, v[12:13] clamp
v_mad_i64_i32 v[0:1], s[10:11], v4, v8, v[12:13] clamp
v_add_u16_e64 v0, v4, v8 clamp
v_sub_u16_e64 v0, v4, v8 clamp
v_add_i16 v0, v4, v8 clamp
v_pk_add_i16 v0, v4, v8 clamp
v_pk_sub_u16 v0, v4, v8 clamp
v_dot4_i32_i8 v0, v4, v8, v12 clamp
v_dot4_u32_u8 v0, v4, v8, v12 clamp
v_mad_i16 v0, v4, v8, v12 op_sel:[1,0,1,1]
v_mad_i16 v0, v4, v8, v12 op_sel:[0,1,0,0]
v_pk_add_f16 v0, v4, v8 op_sel:[1,0] op_sel_hi:[0,1]
v_pk_add_f16 v0, v4, v8 neg_lo:[1,0] neg_hi:[0,1]
v_pk_add_f16 v0, v4, 1.0 op_sel_hi:[1,0]
v_pk_add_u16 v0, v4, 5 op_sel_hi:[1,0]
v_pk_fma_f32 v[0:1], v[4:5], v[8:9], v[12:13] op_sel:[1,0,0] op_sel_hi:[0,1,1]
v_pk_mul_f32 v[0:1], v[4:5], v[8:9] neg_lo:[1,0] neg_hi:[0,1]
v_pk_mul_f32 v[0:1], s[4:5], v[8:9]
v_pk_mul_f32 v[0:1], v[4:5], 2.0 op_sel_hi:[1,0]
v_pk_mul_f32 v[0:1], v[4:5], 2.0
v_pk_mov_b32 v[0:1], v[4:5], v[8:9] op_sel:[1,0]
v_fma_mix_f32 v0, v4, v8, v12
v_fma_mix_f32 v0, v4, v8, v12 op_sel:[0,1,0] op_sel_hi:[1,1,0]
v_fma_mix_f32 v0, -v4, |v8|, v12 op_sel_hi:[1,0,0]
v_fma_mixlo_f16 v0, v4, v8, v12
v_fma_mixhi_f16 v0, v4, v8, v12
v_add_u32_sdwa v0, v4, v8 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_1 src1_sel:WORD_1
v_add_u32_sdwa v0, sext(v4), v8 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_3 src1_sel:DWORD
v_add_u32_sdwa v0, v4, v8 dst_sel:BYTE_2 dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD
v_add_u32_sdwa v0, v4, v8 dst_sel:WORD_0 dst_unused:UNUSED_SEXT src0_sel:DWORD src1_sel:DWORD
v_add_u32_sdwa v0, v4, v8 dst_sel:BYTE_1 dst_unused:UNUSED_PRESERVE src0_sel:DWORD src1_sel:DWORD
v_add_f16_sdwa v0, -v4, |v8| dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_1 src1_sel:WORD_0
v_mov_b32_sdwa v0, v4 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1
v_cmp_lt_u32_sdwa vcc, v4, v8 src0_sel:BYTE_0 src1_sel:BYTE_1
v_cmp_lt_u32_sdwa s[10:11], v4, v8 src0_sel:BYTE_0 src1_sel:BYTE_1
v_mov_b32_dpp v0, v4 quad_perm:[3,0,2,1] row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 row_shl:3 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 row_shl:3 row_mask:0xf bank_mask:0xf bound_ctrl:0
v_mov_b32_dpp v0, v4 row_shr:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 row_shr:15 row_mask:0xf bank_mask:0xf bound_ctrl:0
v_mov_b32_dpp v0, v4 row_ror:5 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 wave_shl:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 wave_rol:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 wave_shr:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 wave_ror:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 row_mirror row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 row_half_mirror row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 row_bcast:15 row_mask:0xa bank_mask:0xf
v_mov_b32_dpp v0, v4 row_bcast:31 row_mask:0xc bank_mask:0xf
v_mov_b32_dpp v0, v4 row_newbcast:6 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v0, v4 row_mirror row_mask:0x5 bank_mask:0x3
v_add_f32_dpp v0, -v4, |v8| row_shr:1 row_mask:0xf bank_mask:0xf bound_ctrl:0
v_ceil_f64_dpp v[0:1], v[4:5] row_newbcast:1 row_mask:0xf bank_mask:0xf
v_readfirstlane_b32 s10, v4
v_readlane_b32 s10, v4, s4
v_readlane_b32 s10, v4, 63
v_writelane_b32 v0, s4, 5
v_writelane_b32 v0, -1, s5
v_swap_b32 v0, v4
v_nop
v_accvgpr_write_b32 a3, v4
v_accvgpr_write_b32 a3, 7
v_accvgpr_read_b32 v0, a2
v_accvgpr_mov_b32 a5, a2
v_div_scale_f32 v16, s[10:11], v8, v8, v4
v_div_scale_f32 v17, vcc, v4, v8, v4
v_rcp_f32 v18, v16
v_fma_f32 v19, -v16, v18, 1.0
v_fma_f32 v18, v19, v18, v18
v_mul_f32 v20, v17, v18
v_fma_f32 v21, -v16, v20, v17
v_fma_f32 v20, v21, v18, v20
v_fma_f32 v16, -v16, v20, v17
v_div_fmas_f32 v16, v16, v18, v20
v_div_fixup_f32 v0, v16, v8, v4
v_div_scale_f64 v[16:17], s[10:11], v[8:9], v[8:9], v[4:5]
v_div_scale_f64 v[18:19], vcc, v[4:5], v[8:9], v[4:5]
v_rcp_f64 v[20:21], v[16:17]
v_fma_f64 v[22:23], -v[16:17], v[20:21], 1.0
v_fma_f64 v[20:21], v[20:21], v[22:23], v[20:21]
v_mul_f64 v[24:25], v[18:19], v[20:21]
v_fma_f64 v[16:17], -v[16:17], v[24:25], v[18:19]
v_div_fmas_f64 v[16:17], v[16:17], v[20:21], v[24:25]
v_div_fixup_f64 v[0:1], v[16:17], v[8:9], v[4:5]
v_trig_preop_f64 v[0:1], v[4:5], v8
v_mqsad_u32_u8 v[0:3], v[4:5], v8, v[12:15]
v_exp_legacy_f32 v0, v4
v_mfma_f32_32x32x1f32 a[0:31], v4, v8, a[0:31]
v_mfma_f32_32x32x1f32 a[0:31], v4, v8, a[0:31] cbsz:1 abid:1 blgp:2
v_mfma_f32_16x16x1f32 a[0:15], v4, v8, a[0:15]
v_mfma_f32_16x16x1f32 a[0:15], v4, v8, a[0:15] cbsz:2 abid:3
v_mfma_f32_4x4x1f32 a[0:3], v4, v8, a[0:3]
v_mfma_f32_4x4x1f32 a[0:3], v4, v8, a[0:3] cbsz:4 abid:10 blgp:3
v_mfma_f32_4x4x1f32 a[0:3], v4, v8, a[0:3] blgp:1
v_mfma_f32_4x4x1f32 a[0:3], v4, v8, a[0:3] blgp:6
v_mfma_f32_32x32x2f32 a[0:15], v4, v8, a[0:15]
v_mfma_f32_32x32x2f32 v[32:47], v4, v8, v[16:31]
v_mfma_f32_32x32x2f32 v[32:47], a4, a8, 1.0
v_mfma_f32_16x16x4f32 a[0:3], v4, v8, a[0:3]
v_mfma_f32_32x32x4f16 a[0:31], v[4:5], v[8:9], a[0:31]
v_mfma_f32_16x16x4f16 a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_f32_4x4x4f16 a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_32x32x8f16 a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_f32_16x16x16f16 a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_32x32x2bf16 a[0:31], v4, v8, a[0:31]
v_mfma_f32_16x16x2bf16 a[0:15], v4, v8, a[0:15]
v_mfma_f32_4x4x2bf16 a[0:3], v4, v8, a[0:3]
v_mfma_f32_32x32x4bf16 a[0:15], v4, v8, a[0:15]
v_mfma_f32_16x16x8bf16 a[0:3], v4, v8, a[0:3]
v_mfma_f32_32x32x4bf16_1k a[0:31], v[4:5], v[8:9], a[0:31]
v_mfma_f32_16x16x4bf16_1k a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_f32_4x4x4bf16_1k a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_32x32x8bf16_1k a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_f32_16x16x16bf16_1k a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_i32_32x32x4i8 a[0:31], v4, v8, a[0:31]
v_mfma_i32_16x16x4i8 a[0:15], v4, v8, a[0:15]
v_mfma_i32_4x4x4i8 a[0:3], v4, v8, a[0:3]
v_mfma_i32_32x32x8i8 a[0:15], v4, v8, a[0:15]
v_mfma_i32_16x16x16i8 a[0:3], v4, v8, a[0:3]
v_mfma_f64_16x16x4f64 a[0:7], v[4:5], v[8:9], a[0:7]
v_mfma_f64_4x4x4f64 a[0:1], v[4:5], v[8:9], a[0:1]
; isa gfx940
v_fmamk_f32 v0, v4, 0x40490fdb, v8
v_fmaak_f32 v0, v4, v8, 0x40490fdb
v_cvt_f32_fp8_sdwa v0, v4 src0_sel:BYTE_2
v_cvt_pk_f32_fp8_sdwa v[0:1], v4 src0_sel:WORD_1
v_mov_b64_dpp v[0:1], v[4:5] row_newbcast:3 row_mask:0xf bank_mask:0xf
v_cvt_pk_fp8_f32 v0, v4, v8 op_sel:[0,0,1]
v_mfma_i32_32x32x16_i8 a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_i32_16x16x32_i8 a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_16x16x8_xf32 a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_32x32x4_xf32 a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_f32_16x16x32_bf8_bf8 a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_16x16x32_bf8_fp8 a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_16x16x32_fp8_bf8 a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_16x16x32_fp8_fp8 a[0:3], v[4:5], v[8:9], a[0:3]
v_mfma_f32_32x32x16_bf8_bf8 a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_f32_32x32x16_bf8_fp8 a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_f32_32x32x16_fp8_bf8 a[0:15], v[4:5], v[8:9], a[0:15]
v_mfma_f32_32x32x16_fp8_fp8 a[0:15], v[4:5], v[8:9], a[0:15]
v_smfmac_f32_16x16x32_f16 a[0:3], v[4:5], v[8:11], v12 abid:1
v_smfmac_f32_16x16x32_f16 a[0:3], v[4:5], v[8:11], v12 cbsz:1 abid:1
v_smfmac_f32_32x32x16_f16 a[0:15], v[4:5], v[8:11], v12
v_smfmac_f32_16x16x32_bf16 a[0:3], v[4:5], v[8:11], v12 abid:2
v_smfmac_f32_32x32x16_bf16 a[0:15], v[4:5], v[8:11], v12 abid:3
v_smfmac_i32_16x16x64_i8 a[0:3], v[4:5], v[8:11], v12 abid:1
v_smfmac_i32_32x32x32_i8 a[0:15], v[4:5], v[8:11], v12
v_smfmac_f32_16x16x64_bf8_bf8 a[0:3], v[4:5], v[8:11], v12
v_smfmac_f32_16x16x64_bf8_fp8 a[0:3], v[4:5], v[8:11], v12
v_smfmac_f32_16x16x64_fp8_bf8 a[0:3], v[4:5], v[8:11], v12
v_smfmac_f32_16x16x64_fp8_fp8 a[0:3], v[4:5], v[8:11], v12 abid:1
v_smfmac_f32_32x32x32_bf8_bf8 a[0:15], v[4:5], v[8:11], v12
v_smfmac_f32_32x32x32_bf8_fp8 a[0:15], v[4:5], v[8:11], v12
v_smfmac_f32_32x32x32_fp8_bf8 a[0:15], v[4:5], v[8:11], v12
v_smfmac_f32_32x32x32_fp8_fp8 a[0:15], v[4:5], v[8:11], v12
; isa gfx906
v_madmk_f32 v0, v4, 0x40490fdb, v8
v_madak_f32 v0, v4, v8, 0x40490fdb
v_madmk_f16 v0, v4, 0x4248, v8
v_madak_f16 v0, v4, v8, 0x4248
v_clrexcp
v_log_legacy_f32 v0, v4
v_screen_partition_4se_b32 v0, v4
